from django.urls import path

from questionnaires.views import versions

app_name = "questionnaires"

urlpatterns = [
    path("s/<str:study>/questionnaires/", versions.questionnaire_list, name="list"),
    path("s/<str:study>/questionnaires/new/", versions.create, name="create"),
    path("s/<str:study>/questionnaires/<str:code>/upload/", versions.upload, name="upload"),
    path("s/<str:study>/questionnaires/<str:code>/v<int:number>/", versions.version_page, name="version"),
    path("s/<str:study>/questionnaires/<str:code>/v<int:number>/publish/", versions.publish, name="publish"),
    path("s/<str:study>/questionnaires/<str:code>/v<int:number>/withdraw/", versions.withdraw, name="withdraw"),
    path("s/<str:study>/scripts/<str:checksum>.json", versions.script, name="script"),
]
