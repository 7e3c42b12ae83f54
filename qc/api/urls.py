from django.urls import path

from qc.api import audits, coding

app_name = "qc_api"

urlpatterns = [
    path("studies/<str:study>/audits", audits.StudyAudits.as_view(), name="study-audits"),
    path("studies/<str:study>/audits/next", audits.next_audit, name="next-audit"),
    path("audits/<int:pk>", audits.audit_detail, name="audit"),
    path("audits/<int:pk>/listening", audits.audit_listening, name="audit-listening"),
    path("audits/<int:pk>/answers", audits.audit_answer, name="audit-answer"),
    path("audits/<int:pk>/verdict", audits.audit_verdict, name="audit-verdict"),
    path("studies/<str:study>/code-frames", coding.frames, name="code-frames"),
    path("studies/<str:study>/code-frames/<slug:frame>/codings", coding.codings, name="codings"),
    path("studies/<str:study>/verbatims", coding.Verbatims.as_view(), name="verbatims"),
]
