from django.urls import path

from exports.views import releases

app_name = "exports"

urlpatterns = [
    path("s/<str:study>/releases/", releases.releases, name="releases"),
    path("s/<str:study>/releases/<int:number>/", releases.release, name="release"),
    path("s/<str:study>/releases/<int:number>/cancel", releases.cancel, name="cancel"),
    path("s/<str:study>/releases/<int:number>/<str:kind>", releases.download, name="download"),
]
