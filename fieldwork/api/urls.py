from django.urls import path

from fieldwork.api import calls, interviews, recordings

app_name = "fieldwork_api"

urlpatterns = [
    path("studies/<str:study>/calls/next", calls.next_call, name="next-call"),
    path("studies/<str:study>/calls", calls.OwnCalls.as_view(), name="own-calls"),
    path("studies/<str:study>/interviews", interviews.StudyInterviews.as_view(), name="study-interviews"),
    path("studies/<str:study>/recordings", recordings.StudyRecordings.as_view(), name="study-recordings"),
    path("recordings/<uuid:uid>", recordings.recording_detail, name="recording"),
    path("recordings/<uuid:uid>/sound", recordings.recording_sound, name="recording-sound"),
    path("calls/<int:pk>", calls.call_detail, name="call"),
    path("calls/<int:pk>/interview", calls.call_interview, name="call-interview"),
    path("calls/<int:pk>/outcome", calls.call_outcome, name="call-outcome"),
    path("calls/<int:pk>/lease", calls.call_lease, name="call-lease"),
    path("calls/<int:pk>/slots", calls.call_slots, name="call-slots"),
    path("interviews/<uuid:uid>/journal", interviews.journal, name="interview-journal"),
    path("interviews/<uuid:uid>/checkpoint", interviews.checkpoint, name="interview-checkpoint"),
    path("interviews/<uuid:uid>/complete", interviews.complete, name="interview-complete"),
]
