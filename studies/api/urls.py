from django.urls import path

from studies.api import studies

app_name = "studies_api"

urlpatterns = [
    path("studies", studies.Studies.as_view(), name="studies"),
    path("studies/<str:study>", studies.study_detail, name="study"),
]
