"""What is asked: questionnaires and their versions."""

from .questionnaire import Questionnaire, QuestionnaireVersion

__all__ = ["Questionnaire", "QuestionnaireVersion"]
