"""For how many days what is kept, from the environment; see returns/retention.

Where 0 is allowed, it means for ever.
"""

from config import environment

# For less, what people may still undo or look into would be gone. The database refuses it too.
LEAST_DAYS = 30

NOTES_DAYS = environment.days_kept("NOTES_DAYS", 0, least=LEAST_DAYS)
COMMENTS_DAYS = environment.days_kept("COMMENTS_DAYS", 0, least=LEAST_DAYS)
TIMELINE_DAYS = environment.days_kept("TIMELINE_DAYS", 0, least=LEAST_DAYS)
SHOPPER_DAYS = environment.days_kept("SHOPPER_DAYS", 0, least=LEAST_DAYS)
DELETED_DAYS = environment.days_kept("DELETED_DAYS", 0, least=LEAST_DAYS)
REJECTED_DAYS = environment.days_kept("REJECTED_DAYS", 0)
ACCESS_DAYS = environment.days_kept("ACCESS_DAYS", 90, least=LEAST_DAYS)
NOTICE_DAYS = environment.positive_number("NOTICE_DAYS", 90, "days")
SCAN_DAYS = environment.positive_number("SCAN_DAYS", 30, "days")
BULK_TAGGING_DAYS = environment.positive_number("BULK_TAGGING_DAYS", 30, "days")
CONTEXT_DAYS = environment.positive_number("CONTEXT_DAYS", 7, "days")
EXPORT_DAYS = environment.positive_number("EXPORT_DAYS", 1, "days")
UPLOAD_DAYS = environment.positive_number("UPLOAD_DAYS", 1, "days")
OUTGOING_DAYS = environment.positive_number("OUTGOING_DAYS", 14, "days")
RUN_DAYS = environment.positive_number("RUN_DAYS", 90, "days")
PUSH_RUN_DAYS = environment.positive_number("PUSH_RUN_DAYS", 7, "days")
IDLE_RUN_DAYS = environment.positive_number("IDLE_RUN_DAYS", 1, "days")
