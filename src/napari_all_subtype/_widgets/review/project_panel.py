"""The group *Project*: which project is open, who reads, and which smear is shown."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_all_subtype._widgets.paragraphs import paragraph
from napari_all_subtype._widgets.words import shortened

NO_PROJECT = (
    "Words and corrections are kept in a <b>project</b>, a folder of yours. Make a <b>New</b> one "
    "or <b>Open</b> one; without that, the first word makes one in your own data folder."
)
NO_SMEAR = "The project has no smear yet. Open an image and press <b>Run</b>: its result comes in."


class ProjectPanel(QGroupBox):
    """Buttons for a project, the name of the reader, and the smears there are.

    Signals
    -------
    new_wanted, open_wanted
        A person wants to choose a folder.
    reader_given : str
        A name or a code.
    again_wanted
        A person wants the project that was open last.
    apart_wanted : bool
        Whether the reader wants a reading apart from what others say.
    smear_wanted : int
        Number of a smear in the list.
    """

    new_wanted = Signal()
    open_wanted = Signal()
    again_wanted = Signal()
    reader_given = Signal(str)
    apart_wanted = Signal(bool)
    smear_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None):
        super().__init__("Project", parent)
        self._build()
        self.new_button.clicked.connect(lambda: self.new_wanted.emit())
        self.open_button.clicked.connect(lambda: self.open_wanted.emit())
        self.again_button.clicked.connect(lambda: self.again_wanted.emit())
        self.reader.lineEdit().editingFinished.connect(self._on_reader)
        self.reader.activated.connect(lambda _: self._on_reader())
        self.apart.toggled.connect(self.apart_wanted)
        self.smears.activated.connect(self.smear_wanted)

    def _build(self) -> None:
        self.told = paragraph(NO_PROJECT)
        self.new_button, self.open_button = QPushButton("New…"), QPushButton("Open…")
        self.new_button.setToolTip("Choose an empty folder in which a project is made.")
        self.open_button.setToolTip("Choose the folder of a project.")
        self.again_button = QPushButton()
        self.again_button.setVisible(False)
        self.smears = QComboBox()
        self.smears.setAccessibleName("Smears of the project")
        self.smears.setToolTip("The smears of the project: choose one to go on with it.")
        self.reader = QComboBox()
        self.reader.setEditable(True)
        self.reader.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.reader.setAccessibleName("Reader")
        self.reader.setToolTip(
            "Who reads: a name or a code, in any characters. Everything that is said stands under "
            "it in the record; exports have a code in its place."
        )
        self.reader.lineEdit().setPlaceholderText("name or code")
        self.apart = QCheckBox("Read apart (blind)")
        self.apart.setToolTip(
            "Hide what others have said of this smear, and keep what is said now beside it: a "
            "second reading, whose agreement can be measured."
        )
        buttons = QHBoxLayout()
        buttons.addWidget(self.new_button)
        buttons.addWidget(self.open_button)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Reader", self.reader)
        form.addRow("Smear", self.smears)
        form.addRow("", self.apart)
        self.form = form
        layout = QVBoxLayout(self)
        layout.addWidget(self.told)
        layout.addLayout(buttons)
        layout.addWidget(self.again_button)
        layout.addLayout(form)

    def _on_reader(self) -> None:
        if name := self.reader.currentText().strip():
            self.reader_given.emit(name)

    def show_project(self, name: str, refused: str, notes: Sequence[str]) -> None:
        """Say which project is open.

        Parameters
        ----------
        name : str
            Of its folder; empty for none.
        refused : str
            Why nothing can be written; empty if it can.
        notes : sequence of str
            What else a person is to know.
        """
        if not name:
            self.told.setText(NO_PROJECT)
        else:
            lines = [f"<b>{escape(name)}</b>"]
            if refused:
                lines.append(f"⚠ Only for reading: {escape(refused)}")
            lines += [escape(note) for note in notes]
            self.told.setText("<br>".join(lines))
        for row in (1, 2):
            self.form.setRowVisible(row, bool(name))
        self.reader.setEnabled(not refused)

    def show_again(self, name: str) -> None:
        """Offer the project `name`, which was open last; none without a name."""
        self.again_button.setText(f"Go on with {shortened(name)}".replace("&", "&&"))
        self.again_button.setToolTip(f"Open the project that was open last, {name}.")
        self.again_button.setVisible(bool(name))

    def show_readers(self, names: Sequence[str], chosen: str, fixed: bool = False) -> None:
        """Offer `names`, and have `chosen` stand there; nobody else may if it is fixed."""
        if fixed:
            self.reader.setEnabled(False)
        elif self.reader.lineEdit().hasFocus():
            return  # a name is being written
        with QSignalBlocker(self.reader):
            self.reader.clear()
            self.reader.addItems(list(names))
            self.reader.setCurrentText(chosen)

    def forget_reader(self) -> None:
        """Have nobody's name stand there."""
        with QSignalBlocker(self.reader):
            self.reader.setCurrentText("")

    def show_apart(self, apart: bool, possible: bool) -> None:
        """Say whether the reading is one apart."""
        with QSignalBlocker(self.apart):
            self.apart.setChecked(apart)
        self.apart.setEnabled(possible)

    def show_smears(self, names: Sequence[str], chosen: int) -> None:
        """Offer smears, and have number `chosen` stand there; −1 for none."""
        with QSignalBlocker(self.smears):
            self.smears.clear()
            self.smears.addItems(list(names))
            self.smears.setCurrentIndex(chosen)
            self.smears.setPlaceholderText("choose one" if names else "none yet")
