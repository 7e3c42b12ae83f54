from django.urls import path

from qc.views import audit_plans, audits, coding, follow_ups, listening

app_name = "qc"

urlpatterns = [
    path("s/<str:study>/audits/", audits.queue, name="audits"),
    path("s/<str:study>/audits/take", audits.take, name="audit_take"),
    path("s/<str:study>/audits/order", audits.order, name="audit_order"),
    path("s/<str:study>/audits/judged/", audits.judged, name="audits_judged"),
    path("s/<str:study>/audits/statistics/", audits.statistics, name="audit_statistics"),
    path("s/<str:study>/audits/draw/", audit_plans.plan_page, name="audit_plan"),
    path("s/<str:study>/audits/draw/reveal", audit_plans.reveal, name="audit_reveal"),
    path("s/<str:study>/audits/draw/audit_draw.py", audit_plans.checker, name="audit_checker"),
    path("s/<str:study>/audits/draw/certificate.json", audit_plans.certificate, {"form": "json"}, "audit_certificate"),
    path("s/<str:study>/audits/draw/certificate.csv", audit_plans.certificate, {"form": "csv"}, "audit_table"),
    path("s/<str:study>/audits/<int:pk>/", listening.listen, name="audit"),
    path("s/<str:study>/audits/<int:pk>/answer", listening.answer, name="audit_answer"),
    path("s/<str:study>/audits/<int:pk>/verdict", listening.judge, name="audit_verdict"),
    path("s/<str:study>/audits/<int:pk>/return", audits.give_back, name="audit_return"),
    path("s/<str:study>/follow-ups/", follow_ups.follow_up_list, name="follow_ups"),
    path("s/<str:study>/follow-ups/<int:pk>/settle", follow_ups.settle, name="follow_up_settle"),
    path("s/<str:study>/coding/", coding.frames, name="coding"),
    path("s/<str:study>/coding/<slug:frame>/", coding.bench, name="bench"),
    path("s/<str:study>/coding/<slug:frame>/code", coding.code, name="code"),
]
