from django.urls import path

from fieldwork.views import calls, cases, outcomes, practice, recordings

app_name = "fieldwork"

urlpatterns = [
    path("s/<str:study>/calls/", calls.ready, name="ready"),
    path("s/<str:study>/calls/<int:pk>/", calls.call, name="call"),
    path("s/<str:study>/cases/", cases.case_list, name="cases"),
    path("s/<str:study>/cases/search/", cases.search, name="search"),
    path("s/<str:study>/cases/<str:population>/<int:number>/", cases.case_page, name="case"),
    path("s/<str:study>/cases/<str:population>/<int:number>/release/", cases.release, name="case_release"),
    path("s/<str:study>/cases/<str:population>/<int:number>/close/", cases.close, name="case_close"),
    path("s/<str:study>/outcomes/", outcomes.outcomes, name="outcomes"),
    path("s/<str:study>/practice/<int:version>/<str:population>/", practice.practice, name="practice"),
    path("s/<str:study>/recordings/", recordings.recording_list, name="recordings"),
    path("s/<str:study>/recordings/upload/", recordings.upload_recordings, name="recording_upload"),
    path("s/<str:study>/recordings/<uuid:uid>/", recordings.recording_page, name="recording"),
    path("s/<str:study>/recordings/<uuid:uid>/match/", recordings.match_recording, name="recording_match"),
    path("s/<str:study>/recordings/<uuid:uid>/sound", recordings.recording_sound, name="recording_sound"),
]
