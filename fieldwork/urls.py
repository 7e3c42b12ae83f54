from django.urls import path

from fieldwork.views import calls, cases, numbering, outcomes, practice, quotas, recordings, sample

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
    # Sample: plans before the patterns with a population, which would take them for one.
    path("s/<str:study>/sample/", sample.overview, name="sample"),
    path("s/<str:study>/sample/plans/", numbering.plans, name="plans"),
    path("s/<str:study>/sample/plans/<int:plan>/", numbering.plan, name="plan"),
    path("s/<str:study>/sample/<str:population>/new/", sample.new, name="sample_new"),
    path("s/<str:study>/sample/<str:population>/new/frame/", sample.frame_preview, name="sample_frame"),
    path("s/<str:study>/sample/<str:population>/<int:number>/", sample.detail, name="sample_detail"),
    path("s/<str:study>/sample/<str:population>/<int:number>/progress/", sample.progress, name="sample_progress"),
    path("s/<str:study>/sample/<str:population>/<int:number>/release/", sample.release, name="sample_release"),
    path("s/<str:study>/sample/<str:population>/<int:number>/cancel/", sample.cancel, name="sample_cancel"),
    path("s/<str:study>/sample/<str:population>/<int:number>/retry/", sample.retry, name="sample_retry"),
    # Quotas.
    path("s/<str:study>/quotas/", quotas.board, name="quotas"),
    path("s/<str:study>/quotas/<int:quota>/interviews/", quotas.interviews, name="quota_interviews"),
    path("s/<str:study>/quotas/<int:quota>/rule/", quotas.rule, name="quota_rule"),
    path("s/<str:study>/quotas/cells/<int:cell>/", quotas.cell, name="quota_cell"),
    path("s/<str:study>/quotas/<str:population>/new/", quotas.from_table, name="quota_new"),
    path("s/<str:study>/quotas/<str:population>/paste/", quotas.paste, name="quota_paste"),
    path("s/<str:study>/quotas/<str:population>/tables/", numbering.tables, name="population_tables"),
]
