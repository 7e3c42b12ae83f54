"""Words of the interview screen in the interviewer's language. Names in braces are filled in by the browser."""

from __future__ import annotations

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _


def interview_texts() -> dict[str, object]:
    """All words that fieldwork/static/fieldwork/interview/ shows, in the active language."""
    return {**_question(), **_states(), **_outcomes(), **_keys(), "problems": _problems()}


def _question() -> dict[str, str]:
    return {
        "instruction": _("Instruction"),
        "hint": _("If asked"),
        "not_read": _("not to be read"),
        "code": _("Code"),
        "answer": _("Answer"),
        "turn": _("{position} of {count}"),
        "history": _("History"),
        "notes": _("Notes"),
        "answers": _("Answers"),
        "first_attempt": _("This number is called for the first time."),
        "no_notes": _("No notes."),
        "no_answers": _("No answers yet."),
        "date_pattern": _("DD.MM.YYYY"),
        "space": _("Space"),
        "letters": _("Letters"),
        "just_now": _("just now"),
    }


def _states() -> dict[str, str]:
    return {
        "loading": _("Loading the questionnaire …"),
        "dial": _("Dial this number"),
        "language_of_interview": _("Language of the interview"),
        "begin": _("Somebody answers: begin"),
        "resume": _("Somebody answers: go on with the interview"),
        "resumes": _("This interview was broken off and goes on where it stood ({language})."),
        "no_answer_hint": _("Nobody answers: F7 outcome. They can't talk now: F6 appointment."),
        "log_in_to_begin": _(
            "You are not logged in any more. Log in again in another tab, then press Enter once more."
        ),
        "no_server_to_begin": _("The server can't be reached. Try again in a moment; the case stays with you."),
        "no_server": _("The server can't be reached. Everything is kept here; try again in a moment."),
        "saved": _("saved"),
        "unsent": _("{count} not yet sent"),
        "no_connection": _("no connection ({count} not yet sent), go on: everything is kept here"),
        "no_connection_saved": _("no connection, go on: everything is kept here"),
        "logged_out": _("logged out, go on: everything is kept here ({count} not yet sent)"),
        "log_in": _("log in in another tab"),
        "consent": _("Consent: {answer}"),
        "not_asked": _("not asked yet"),
        "read_only": _("read only"),
        "disk_error": _("this computer can't keep answers: its disk may be full"),
        "practice": _("practice"),
        "checkpoint": _("Quota"),
        "checking": _("One moment: the server looks for a place."),
        "waiting_for_server": _(
            "The server can't be reached, and the study asks to wait here. Everything is kept; it is tried again "
            "every few seconds."
        ),
        "waiting_for_log_in": _(
            "You are not logged in any more. Log in again in another tab: everything is kept, and it goes on by itself."
        ),
        "finishing": _("Finishing"),
        "sending": _("One moment: the last answers are on their way."),
        "quota_full": _("This group is full"),
        "quota_full_text": _(
            "We have enough interviews with people of this age and gender. Thank the person and say goodbye."
        ),
        "end": _("End of the interview"),
        "end_text": _("All questions are answered. Thank the respondent and finish."),
        "practice_end": _("All questions are answered. Nothing was stored."),
        "finish": _("Finish the interview"),
        "leave": _("Leave practice"),
        "taken_over": _(
            "This interview was opened in another window, which has taken over. This one only shows it. To go on here, "
            "load this page again (F5)."
        ),
        "taken_over_title": _("Opened elsewhere"),
        "stopped_title": _("This call can't go on here"),
        "to_ready": _("To the start page"),
        "not_taken": _("These answers were not sent any more. Tell the supervisor, so that they are entered:"),
        "entry_refused": _(
            "The server did not take the answer to “{item}”: {message} Load the page again (F5) to see what it has."
        ),
        "leftovers_refused": _(
            "Of an earlier interview, {count} entries kept on this computer were not taken: {message}"
        ),
        "page_failed": _(
            "Something on this page does not work. Everything that was answered is kept; load the page again (F5)."
        ),
    }


def _outcomes() -> dict[str, object]:
    return {
        "was_there_contact": _("Did you speak with somebody?"),
        "contact": _("Yes, contact"),
        "no_contact": _("No contact"),
        "outcome_of_contact": _("How did the conversation end?"),
        "outcome_no_contact": _("What happened?"),
        "note_for_next": _("Note for the next call"),
        "record_outcome": _("Record the outcome"),
        "appointment": _("Appointment"),
        "appointment_at": _("Date and time at the respondent's place"),
        "time_zone": _("Time zone"),
        "respondent_time": _("It is {time} there ({zone})."),
        "agreed_with_respondent": _("agreed with the respondent"),
        "record_appointment": _("Record the appointment"),
        "in_half_an_hour": _("in half an hour"),
        "in_an_hour": _("in an hour"),
        "in_two_hours": _("in two hours"),
        "this_evening": _("this evening"),
        "tomorrow_morning": _("tomorrow morning"),
        "tomorrow_afternoon": _("tomorrow afternoon"),
        "tomorrow_evening": _("tomorrow evening"),
        "weekdays": [str(WEEKDAYS_ABBR[day]) for day in range(7)],
        "slot_taken": _("{count} appointments at that time already."),
        "outside_hours": _("This is outside calling hours."),
        "language_wanted": _("Language that the respondent speaks"),
        "another_language": _("another one, or not known"),
        "note": _("Note"),
        "note_help": _("Stays with the interview: whoever calls next and the auditor can read it."),
        "keep_note": _("Keep the note"),
        "all_keys": _("All keys"),
    }


def _keys() -> dict[str, str]:
    return {
        "keys_answering": _("Answering"),
        "keys_moving": _("Moving"),
        "keys_call": _("The call"),
        "key_next": _("next"),
        "key_back": _("back"),
        "key_begin": _("begin"),
        "key_resume": _("go on"),
        "key_choose": _("choose"),
        "key_record": _("record"),
        "key_keep": _("keep"),
        "key_language": _("language"),
        "key_other_time": _("another time"),
        "key_dk": _("don't know"),
        "key_refused": _("refused"),
        "key_na": _("not applicable"),
        "key_appointment": _("appointment"),
        "key_outcome": _("outcome"),
        "key_note": _("note"),
        "key_help": _("all keys"),
        "key_digits": _("choose by code"),
        "key_letters": _("find in a long list"),
        "key_space": _("mark the code, or take the mark away (several answers)"),
        "key_space_short": _("mark"),
        "key_arrows": _("the option above or below"),
        "key_new_line": _("new line in an open answer"),
        "key_first_unanswered": _("to the first unanswered question"),
        "key_side": _("history, notes, answers"),
        "key_cancel": _("leave this panel"),
    }


def _problems() -> dict[str, str]:
    """By the codes of questionnaires.flow.check_answer and of refusals."""
    return {
        "required": _("This question needs an answer. Don't know: F8. Refused: F9."),
        "required_strictly": _("This question needs an answer."),
        "constraint": _("This answer is not possible here."),
        "wrong_type": _("This is not an answer of the right kind."),
        "unknown_option": _("There is no option with this code."),
        "not_offered": _("This option is not offered here."),
        "exclusive": _("This option can't be combined with others."),
        "not_a_number": _("Type a number."),
        "not_an_integer": _("Type a whole number."),
        "too_many_digits": _("This number has too many digits."),
        "not_a_date": _("Type a date: day, month, year."),
        "too_long": _("This text is too long."),
        "missing_not_allowed": _("This question does not take that answer."),
        "read_only": _("This question can't be changed."),
        "not_on_route": _("This question is not asked here."),
        "invalid_answer": _("This answer is not possible here."),
        "nothing_before": _("This is the first question."),
    }
