from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class CodeFrame(models.Model):
    """The categories of one open item, or of several that share them. One frame serves all countries and languages."""

    study = models.ForeignKey("studies.Study", on_delete=models.CASCADE, related_name="code_frames")
    name = models.SlugField(_("name"), max_length=64)
    title = models.JSONField(default=dict)
    #: Names of the items whose verbatims are coded with this frame.
    items = models.JSONField(default=list)

    class Meta:
        ordering = ("study", "name")
        constraints = (models.UniqueConstraint(fields=("study", "name"), name="frame_name_once"),)

    def __str__(self) -> str:
        return f"{self.study}/{self.name}"


class Code(models.Model):
    """A category of a frame. A code with children is a net; nets count people, not mentions."""

    frame = models.ForeignKey(CodeFrame, on_delete=models.CASCADE, related_name="codes")
    number = models.PositiveSmallIntegerField(_("code"))
    label = models.JSONField(default=dict)
    definition = models.JSONField(default=dict)
    net = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="members")
    is_net = models.BooleanField(default=False)
    #: Can't be given together with other codes (don't know, no answer).
    exclusive = models.BooleanField(_("exclusive"), default=False)
    withdrawn = models.BooleanField(default=False)

    class Meta:
        ordering = ("frame", "number")
        constraints = (
            models.UniqueConstraint(fields=("frame", "number"), name="code_number_once"),
            models.CheckConstraint(condition=~Q(is_net=True) | Q(net__isnull=True), name="nets_do_not_nest"),
        )

    def __str__(self) -> str:
        return f"{self.frame} {self.number}"


class Verbatim(models.Model):
    """One open answer of one completed interview, as typed."""

    interview = models.ForeignKey("fieldwork.Interview", on_delete=models.CASCADE, related_name="verbatims")
    frame = models.ForeignKey(CodeFrame, on_delete=models.PROTECT, related_name="verbatims")
    key = models.CharField(max_length=200, help_text=_("answer key, with the loop's key"))
    text = models.TextField()
    #: Folded for search and grouping (Unicode forms, apostrophes, ў/у қ/к ғ/г ҳ/х, case, spaces).
    folded = models.TextField()
    language = models.CharField(max_length=8)
    found_at = models.DateTimeField()

    class Meta:
        ordering = ("frame", "folded", "id")
        constraints = (models.UniqueConstraint(fields=("interview", "key"), name="verbatim_once"),)
        indexes = (models.Index(fields=("frame", "language", "folded"), name="verbatims_grouped"),)

    def __str__(self) -> str:
        return f"{self.key}: {self.text[:40]}"


class Coding(models.Model):
    """What one coder gave one verbatim. A coder sees another's coding only after finishing their own."""

    verbatim = models.ForeignKey(Verbatim, on_delete=models.CASCADE, related_name="codings")
    coder = models.ForeignKey("studies.User", on_delete=models.PROTECT, related_name="codings")
    codes = models.ManyToManyField(Code, related_name="codings")
    #: The coding that data files carry; at most one per verbatim.
    final = models.BooleanField(default=True)
    coded_at = models.DateTimeField()

    class Meta:
        ordering = ("verbatim", "coded_at")
        constraints = (
            models.UniqueConstraint(fields=("verbatim", "coder"), name="coding_once_per_coder"),
            models.UniqueConstraint(fields=("verbatim",), condition=Q(final=True), name="one_final_coding"),
        )

    def __str__(self) -> str:
        return f"coding of {self.verbatim_id} by {self.coder}"
