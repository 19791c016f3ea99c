"""Any sequence of annotating, undoing and reopening gives what a simple model gives."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from napari_all_subtype.project.annotation import Word
from napari_all_subtype.project.annotations import annotate_many
from napari_all_subtype.project.database import open_project
from napari_all_subtype.project.history import history
from napari_all_subtype.project.readers import begin_reading
from napari_all_subtype.project.steps import Thread
from napari_all_subtype.project.undo import redo, undo, undoable
from napari_all_subtype.taxonomy import EXCLUSIONS, FAB5
from project_examples import cell, locked_and_amended, new_project, said

WORDS = st.sampled_from([*(Word.of(FAB5, c.name) for c in (*FAB5.classes, *EXCLUSIONS)), None])
SLIDES, LABELS = st.integers(1, 2), st.integers(1, 4)


class Reviewing(RuleBasedStateMachine):
    """Any sequence of what a reader does gives what a model of a few lines gives."""

    @initialize()
    def begin(self):
        self.home = TemporaryDirectory()
        self.project = new_project(Path(self.home.name), slides=2)
        begin_reading(self.project, 1, 1)
        self.now, self.lines = {}, 0
        self.done = {place: [] for place in ((1, None), (1, 1), (2, None))}
        self.undone = {place: [] for place in self.done}

    def say(self, cells, words, reading_id):
        annotate_many(self.project, 1, cells, words, reading_id)
        before = dict(self.now)
        for one, word in zip(cells, words, strict=True):
            self.now[one.field_id, one.label, reading_id] = word
        self.lines += len(cells)
        for slide in sorted({one.field_id for one in cells}):
            keys = [(one.field_id, one.label, reading_id) for one in cells if one.field_id == slide]
            change = {key: (before.get(key), self.now[key]) for key in keys}
            self.done[slide, reading_id].append((change, len(keys)))
            self.undone[slide, reading_id].clear()

    @rule(slide=SLIDES, label=LABELS, word=WORDS, apart=st.booleans())
    def annotate_one(self, slide, label, word, apart):
        slide, reading_id = (1, 1) if apart else (slide, None)
        self.say([cell(label, slide)], [word], reading_id)

    @rule(said=st.lists(st.tuples(SLIDES, LABELS, WORDS), min_size=2, max_size=6))
    def annotate_some(self, said):
        self.say([cell(label, slide) for slide, label, _ in said], [w for *_, w in said], None)

    @rule(
        place=st.sampled_from([(1, None), (1, 1), (2, None)]),
        back=st.booleans(),
        times=st.integers(1, 4),
    )
    def go(self, place, back, times):
        for _ in range(times):
            self.go_once(place, back)

    def go_once(self, place, back):
        source, target = (self.done, self.undone) if back else (self.undone, self.done)
        recorded = (undo if back else redo)(self.project, 1, Thread(*place))
        if not source[place]:
            assert not recorded
            return
        change, lines = source[place].pop()
        target[place].append((change, lines))
        self.now |= {key: values[0 if back else 1] for key, values in change.items()}
        self.lines += lines
        assert len(recorded.annotations) == lines

    @precondition(lambda self: self.lines)
    @rule(slide=SLIDES)
    def lock(self, slide):
        locked_and_amended(self.project, slide)
        self.done[slide, None].clear()
        self.undone[slide, None].clear()

    @rule()
    def reopen(self):
        self.project.close()
        self.project = open_project(self.project.folder)

    @invariant()
    def same_as_the_model(self):
        for reading_id in (None, 1):
            expected = {
                key[:2]: word
                for key, word in self.now.items()
                if key[2] == reading_id and word is not None
            }
            assert said(self.project, reading_id=reading_id) == expected
        assert len(history(self.project)) == self.lines
        for place in self.done:
            tops = undoable(self.project, Thread(*place))
            assert (tops.undo_id is None) == (not self.done[place])
            assert (tops.redo_id is None) == (not self.undone[place])

    def teardown(self):
        if hasattr(self, "project"):
            self.project.close()
            self.home.cleanup()


TestReviewing = Reviewing.TestCase
TestReviewing.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
