from django.urls import path

from qc.views import coding

app_name = "qc"

urlpatterns = [
    path("s/<str:study>/coding/", coding.frames, name="coding"),
    path("s/<str:study>/coding/<slug:frame>/", coding.bench, name="bench"),
    path("s/<str:study>/coding/<slug:frame>/code", coding.code, name="code"),
]
