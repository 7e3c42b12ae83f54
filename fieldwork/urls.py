from django.urls import path

from fieldwork.views import practice, recordings

app_name = "fieldwork"

urlpatterns = [
    path("s/<str:study>/practice/<int:version>/<str:population>/", practice.practice, name="practice"),
    path("s/<str:study>/recordings/", recordings.recording_list, name="recordings"),
    path("s/<str:study>/recordings/upload/", recordings.upload_recordings, name="recording_upload"),
    path("s/<str:study>/recordings/<uuid:uid>/", recordings.recording_page, name="recording"),
    path("s/<str:study>/recordings/<uuid:uid>/match/", recordings.match_recording, name="recording_match"),
    path("s/<str:study>/recordings/<uuid:uid>/sound", recordings.recording_sound, name="recording_sound"),
]
