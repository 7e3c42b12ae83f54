from django.urls import path

from studies.views import activity, members, people, populations, studies

app_name = "studies"

urlpatterns = [
    path("studies/", studies.study_list, name="list"),
    path("studies/new/", studies.create, name="create"),
    path("s/<str:study>/edit/", studies.edit, name="edit"),
    path("s/<str:study>/populations/", populations.population_list, name="populations"),
    path("s/<str:study>/populations/new/", populations.create, name="population_create"),
    path("s/<str:study>/populations/<str:population>/", populations.edit, name="population_edit"),
    path("s/<str:study>/members/", members.member_list, name="members"),
    path("s/<str:study>/members/new/", members.add, name="member_add"),
    path("s/<str:study>/members/<int:member>/", members.edit, name="member_edit"),
    path("s/<str:study>/members/<int:member>/remove/", members.remove, name="member_remove"),
    path("s/<str:study>/activity/", activity.activity_log, name="activity"),
    path("people/", people.people_list, name="people"),
    path("people/new/", people.create, name="person_create"),
    path("people/<int:person>/", people.edit, name="person_edit"),
]
