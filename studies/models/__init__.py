"""Who and what for: people, studies, target populations, roles, and the log of what was done."""

from .activity import ActivityLog
from .study import Population, Study, StudyMember
from .user import User

__all__ = ["ActivityLog", "Population", "Study", "StudyMember", "User"]
