"""Which address leads to which app."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.http import require_safe
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from config.views import home
from studies.views import session


@require_safe
@login_not_required
def health(request: HttpRequest) -> HttpResponse:
    """Answer a load balancer: the process serves requests."""
    return HttpResponse("ok", content_type="text/plain")


APPS = ("studies", "questionnaires", "fieldwork", "qc", "exports")
WITH_API = ("studies", "fieldwork", "qc", "exports")

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("s/<str:study>/", home.study_home, name="study"),
    path("login/", session.log_in, name="login"),
    path("logout/", session.log_out, name="logout"),
    path("preferences/", session.preferences, name="preferences"),
    path("profile/", session.profile, name="profile"),
    path("profile/token/", session.token, name="token"),
    path("health", health, name="health"),
    path("api/v1/schema", SpectacularAPIView.as_view(), name="api-schema"),
    path(
        "api/v1/",
        SpectacularSwaggerSplitView.as_view(url_name="api-schema", template_name="config/api.html"),
        name="api",
    ),
    *(path("", include(f"{app}.urls")) for app in APPS),
    *(path("api/v1/", include(f"{app}.api.urls")) for app in WITH_API),
]
