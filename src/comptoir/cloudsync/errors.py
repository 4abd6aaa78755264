"""What CloudSync refuses, and why."""

from dataclasses import dataclass

from comptoir.base.errors import BadRequest, Conflict, Forbidden, NotFound, TooLarge


@dataclass(kw_only=True, eq=False)
class JobUnknown(NotFound):
    """The job id is not one that this server gave this store, or the job is over."""

    code = "cloudsync.job_unknown"
    title = "No such job"

    def detail(self) -> str:
        return "This job is not open for this store: the next sync brings a new job id."


@dataclass(kw_only=True, eq=False)
class UploadUnreadable(BadRequest):
    """The upload is neither multipart with one file nor a form with `lines`."""

    code = "cloudsync.upload_unreadable"
    title = "The upload cannot be read"

    reason: str

    def detail(self) -> str:
        return f"The upload cannot be read: {self.reason}"


@dataclass(kw_only=True, eq=False)
class UploadTooLarge(TooLarge):
    """The upload is larger than COMPTOIR_MAX_UPLOAD, as sent or once it is unpacked."""

    code = "cloudsync.upload_too_large"
    title = "The upload is too large"

    limit: int

    def detail(self) -> str:
        return f"The upload is larger than {self.limit} bytes."


@dataclass(kw_only=True, eq=False)
class NoConsent(Forbidden):
    """The store has not consented that this vendor reads the content."""

    code = "cloudsync.no_consent"
    title = "No consent"

    contents: list[str]

    def detail(self) -> str:
        return (
            f"The store has not consented to share {', '.join(self.contents)} with a module of"
            " yours: the merchant grants it in the module's page, the operator with"
            " `comptoir consent grant`."
        )


@dataclass(kw_only=True, eq=False)
class ContentUnknown(BadRequest):
    """A name that is none of the 35 shop contents."""

    code = "cloudsync.content_unknown"
    title = "Unknown shop content"

    name: str

    def detail(self) -> str:
        return f"{self.name!r} is no shop content: names are as in order-details or order_details."


@dataclass(kw_only=True, eq=False)
class ShopNotVerified(Conflict):
    """The store has not proved its address: it is not called."""

    code = "cloudsync.shop_not_verified"
    title = "The store is not verified"

    def detail(self) -> str:
        return "The store has not proved its address yet: its account module does that."
