"""Which cells are selected: one list for everything that shows cells."""

from hypothesis import given
from hypothesis import strategies as st

from napari_all_subtype._widgets.selection import Selection

PLACES = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 9)))


def heard(selection):
    times = []
    selection.changed.connect(lambda: times.append(selection.places))
    return times


def test_places_keep_the_order_of_their_choice_and_stand_there_once():
    selection = Selection()
    selection.set([(1, 4), (0, 2), (1, 4)])
    assert selection.places == ((1, 4), (0, 2))
    assert selection.by_field() == {1: [4], 0: [2]}
    assert (0, 2) in selection
    assert (0, 4) not in selection


def test_a_cell_is_selected_and_let_go_by_the_same_gesture():
    selection = Selection()
    selection.toggle((0, 1))
    selection.toggle((0, 2))
    selection.toggle((0, 1))
    assert selection.places == ((0, 2),)


def test_who_listens_hears_of_each_change_and_of_nothing_else():
    selection = Selection()
    told = heard(selection)
    selection.set([(0, 1)])
    selection.set([(0, 1)])
    selection.clear()
    selection.clear()
    assert told == [((0, 1),), ()]


def test_cells_that_are_gone_leave_the_selection():
    selection = Selection()
    selection.set([(0, 1), (0, 2), (1, 2)])
    selection.keep(lambda place: place != (0, 2))
    assert selection.places == ((0, 1), (1, 2))


@given(PLACES, PLACES)
def test_toggling_twice_changes_nothing_but_the_order(first, toggled):
    selection = Selection()
    selection.set(first)
    for place in (*toggled, *toggled):
        selection.toggle(place)
    assert set(selection.places) == set(first)
    assert len(selection) == len(selection.places)
