from django.urls import path

from exports.api import releases

app_name = "exports_api"

urlpatterns = [
    path("studies/<str:study>/releases", releases.Releases.as_view(), name="releases"),
    path("studies/<str:study>/releases/<int:number>", releases.release_detail, name="release"),
    path("studies/<str:study>/releases/<int:number>/cancel", releases.release_cancel, name="release-cancel"),
    path("studies/<str:study>/releases/<int:number>/<str:kind>", releases.release_file, name="release-file"),
]
