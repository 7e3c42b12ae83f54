from __future__ import annotations

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum

from studies.models import Population, Study, User
from studies.models.study import Role


def studies_for(user: User) -> QuerySet[Study]:
    """The studies a person may know of: their own, for an administrator all.

    Each with `people`, `interviewers` and `planned`: the target number of interviews, None without a population.
    """
    visible = Study.objects.all()
    if not user.is_superuser:
        visible = visible.filter(pk__in=Study.objects.filter(members__user=user).values("pk"))
    targets = Population.objects.filter(study=OuterRef("pk")).order_by().values("study")
    return visible.annotate(
        people=Count("members__user", distinct=True),
        interviewers=Count("members__user", distinct=True, filter=Q(members__role=Role.INTERVIEWER)),
        planned=Subquery(targets.annotate(total=Sum("target")).values("total")),
    ).order_by("code")
