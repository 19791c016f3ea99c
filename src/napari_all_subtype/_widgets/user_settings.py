"""What a person prefers from day to day: in napari's own settings, else in a file of ours."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from napari_all_subtype.workflow.preferences import Preferences

PLUGIN = "napari-all-subtype"


class UserSettings:
    """Reader, keys and last project; each is kept when it is set.

    napari has settings of plugins since 0.9, under File → Preferences.
    """

    def __init__(self) -> None:
        self._napari = _napari_settings()
        self._file = Preferences.load()

    @property
    def reader(self) -> str:
        """Name or code of who reads; empty if they never gave one."""
        return self._file.reader if self._napari is None else self._napari.review.reader

    @reader.setter
    def reader(self, name: str) -> None:
        self._set("reader", name)

    @property
    def reader_name(self) -> str:
        """The reader's name, by default the one of the account."""
        return self.reader or Preferences().reader_name

    @property
    def last_project(self) -> Path | None:
        """Folder of the project that was open last."""
        told = self._file if self._napari is None else self._napari.review
        return Path(told.last_project) if told.last_project else None

    @last_project.setter
    def last_project(self, folder: Path) -> None:
        self._set("last_project", str(folder.absolute()))

    @property
    def keys(self) -> dict[str, str]:
        """Keys that are others than at first, by action."""
        if self._napari is None:
            return dict(self._file.keys)
        model = self._napari.review_keys
        first = {name: info.default for name, info in type(model).model_fields.items()}
        chosen = {name: getattr(model, name) for name in first}
        # Words of other taxonomies than the manifest knows.
        others = {name: key for name, key in self._file.keys.items() if name not in first}
        return others | {name: key for name, key in chosen.items() if key != first[name]}

    @keys.setter
    def keys(self, changed: Mapping[str, str]) -> None:
        self._file = self._file.with_keys(changed)
        self._file.save()
        if self._napari is not None:
            model = self._napari.review_keys
            for name, info in type(model).model_fields.items():
                setattr(model, name, changed.get(name, info.default))

    def _set(self, name: str, value: str) -> None:
        if self._napari is not None:
            setattr(self._napari.review, name, value)
        else:
            self._file = self._file.model_copy(update={name: value})
            self._file.save()


def _napari_settings():
    """Napari's settings of this plugin; None where napari has none."""
    try:
        from napari.settings import get_plugin_settings

        settings = get_plugin_settings(PLUGIN)
    except (ImportError, KeyError):
        return None
    complete = hasattr(settings, "review") and hasattr(settings, "review_keys")
    return settings if complete else None
