"""Texts of Django and of Django REST framework that people meet in our pages and programs in our API.

Both lack many of them in Kazakh and Uzbek. Standing here they are collected with our own, and a translation of
ours goes before the one of the package. Nothing imports this module.
"""

from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext, pgettext

FORMS = (
    _("This field is required."),
    _("This field cannot be blank."),
    _("This field cannot be null."),
    _("This field may not be blank."),
    _("This field may not be null."),
    _("Enter a valid value."),
    _("Enter a number."),
    _("Enter a whole number."),
    _("Enter a valid integer."),
    _("Enter a valid date."),
    _("Enter a valid time."),
    _("Enter a valid email address."),
    _("Enter a list of values."),
    _("Enter a valid UUID."),
    _("Null characters are not allowed."),
    _("Select a valid choice. %(value)s is not one of the available choices."),
    _("Select a valid choice. That choice is not one of the available choices."),
    _("Value %(value)r is not a valid choice."),
    _("Ensure this value is less than or equal to %(limit_value)s."),
    _("Ensure this value is greater than or equal to %(limit_value)s."),
    _("%(model_name)s with this %(field_label)s already exists."),
    _("No file was submitted. Check the encoding type on the form."),
    _("No file was submitted."),
    _("The submitted file is empty."),
)
LENGTHS = (
    ngettext(
        "Ensure this value has at least %(limit_value)d character (it has %(show_value)d).",
        "Ensure this value has at least %(limit_value)d characters (it has %(show_value)d).",
        1,
    ),
    ngettext(
        "Ensure this value has at most %(limit_value)d character (it has %(show_value)d).",
        "Ensure this value has at most %(limit_value)d characters (it has %(show_value)d).",
        1,
    ),
    ngettext(
        "Ensure this filename has at most %(max)d character (it has %(length)d).",
        "Ensure this filename has at most %(max)d characters (it has %(length)d).",
        1,
    ),
)
PASSWORDS = (
    ngettext(
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
        1,
    ),
    _("This password is too common."),
    _("The password is too similar to the %(verbose_name)s."),
    _("first name"),
    _("last name"),
    _("username"),
    _("email address"),
    _("A user with that username already exists."),
    _("Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."),
)
API = (
    _("Authentication credentials were not provided."),
    _("Incorrect authentication credentials."),
    _("Invalid token."),
    _("You do not have permission to perform this action."),
    _("Not found."),
    _("Invalid input."),
    _("Malformed request."),
    _("A server error occurred."),
    _('Method "{method}" not allowed.'),
    _('Unsupported media type "{media_type}" in request.'),
    _("Must be a valid boolean."),
    _("A valid number is required."),
    _("A valid integer is required."),
    _('"{input}" is not a valid choice.'),
    _("Ensure this field has no more than {max_length} characters."),
    _("Ensure this value is less than or equal to {max_value}."),
    _("Ensure this value is greater than or equal to {min_value}."),
    _("Not a valid string."),
    _("Invalid data. Expected a dictionary, but got {datatype}."),
    _('Expected a list of items but got type "{input_type}".'),
)
# As they stand in a date, where Kazakh and Uzbek write them small.
MONTHS = (
    pgettext("alt. month", "January"),
    pgettext("alt. month", "February"),
    pgettext("alt. month", "March"),
    pgettext("alt. month", "April"),
    pgettext("alt. month", "May"),
    pgettext("alt. month", "June"),
    pgettext("alt. month", "July"),
    pgettext("alt. month", "August"),
    pgettext("alt. month", "September"),
    pgettext("alt. month", "October"),
    pgettext("alt. month", "November"),
    pgettext("alt. month", "December"),
)
# Where an appointment is made. Django's Kazakh has the same letters for two days.
WEEKDAYS = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
