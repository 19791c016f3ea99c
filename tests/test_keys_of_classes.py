"""Keys of the review: of any taxonomy, no two actions with the same."""

from hypothesis import given
from hypothesis import strategies as st

from napari_all_subtype._widgets.review.actions import FREE_KEYS, OTHERS, Keys, actions_of
from napari_all_subtype.project.own_classes import taxonomy_of_names
from napari_all_subtype.taxonomy import EXCLUSIONS, FAB5, CellClass, Taxonomy

RESERVED = [one.name for one in OTHERS]
NAMES = st.lists(
    st.from_regex("[a-z]{3}_[a-z0-9]{1,5}", fullmatch=True) | st.sampled_from(RESERVED),
    unique=True,
    min_size=2,
    max_size=40,
)
ANY_KEY = st.sampled_from(["", *FREE_KEYS, "x", "n", "0", ".", "Ctrl+Z", "é", "ß", "12"])
CHANGED = st.dictionaries(
    st.sampled_from([*RESERVED, *(one.name for one in (*FAB5.classes, *EXCLUSIONS)), "gone"]),
    st.sampled_from(["", "1", "Q", "q", "N", "x", "0", "Ctrl+Z", "F5"]),
)


@st.composite
def taxonomies(draw):
    """As a card from elsewhere may have it: any keys, also those of other actions."""
    names = draw(NAMES)
    keys = draw(st.lists(ANY_KEY, min_size=len(names), max_size=len(names)))
    made = [CellClass(n, n, "A", "#009E73", k) for n, k in zip(names, keys, strict=True)]
    return Taxonomy("any", tuple(made))


def given_away(keys):
    keys = [key.lower() for key in keys if key]
    return len(set(keys)) == len(keys)


@given(taxonomies())
def test_no_two_actions_of_any_taxonomy_share_a_key_or_a_name(taxonomy):
    actions = actions_of(taxonomy)
    assert given_away(one.key for one in actions)
    assert len({one.name for one in actions}) == len(actions)
    words = [one.word for one in actions if one.word]
    assert words == [*taxonomy.names, *(one.name for one in EXCLUSIONS)]
    assert all(one.key for one in actions_of(FAB5))
    # Keys are left out only where none is left.
    bare = [one for one in actions if not one.key]
    assert not bare or set(FREE_KEYS) <= {one.key for one in actions}


@given(taxonomies(), CHANGED)
def test_keys_that_a_person_chose_clash_with_none_of_any_taxonomy(taxonomy, changed):
    actions = actions_of(taxonomy)
    keys = Keys(changed).among(actions)
    assert given_away(keys.of(one) for one in actions)
    assert set(keys.changed) == {one.name for one in actions}
    wanted = [changed[one.name].lower() for one in actions if one.name in changed]
    for one in actions:
        if wanted.count(changed.get(one.name, " ").lower()) == 1:
            assert keys.of(one) == changed[one.name]


@given(taxonomies())
def test_keys_that_nobody_changed_are_those_of_the_actions(taxonomy):
    actions = actions_of(taxonomy)
    assert Keys().among(actions).changed == {one.name: one.key for one in actions}


def test_classes_of_a_person_have_the_digits_first_and_letters_after():
    taxonomy = taxonomy_of_names([f"class {n}" for n in range(12)])
    keys = [one.key for one in actions_of(taxonomy)[:12]]
    assert keys == [*"123456789", "A", "B", "C"]


def test_keys_of_FAB5_stay_what_they_were():
    assert [one.key for one in actions_of(FAB5)[:9]] == [*"12345", *"XGRO"]
