"""A packet that was read comes back: its words become readings of their readers' own."""

from __future__ import annotations

from dataclasses import dataclass

from napari_all_subtype.errors import RecordError
from napari_all_subtype.project.database import Database
from napari_all_subtype.project.packets import packet_facts, project_id_of
from napari_all_subtype.project.smears import fields_of
from napari_all_subtype.project.taxonomies import take_taxonomies
from napari_all_subtype.workflow.arrivals import Aim, Carried, deliver
from napari_all_subtype.workflow.carried_words import Carrier

# An undo stands in the record as an edit of its own: each takes one away.
_EDITS = """
SELECT coalesce(sum(CASE WHEN kind LIKE 'undo %' THEN -1 ELSE 1 END), 0) FROM mask_edits
"""


@dataclass(frozen=True)
class Merged:
    """What became of a packet.

    Parameters
    ----------
    words : Carried
    edits : int
        Changes of masks in the packet, which stay there: the cells here are as they were.
    refused : tuple of str
        One line for each field of the packet that has words and is not in the project.
    """

    words: Carried
    edits: int = 0
    refused: tuple[str, ...] = ()


def merge_packet(database: Database, packet: Database) -> Merged:
    """Bring what was said in a packet back, as a blind reading of each reader and slide.

    Fields are known by their pixels, cells by their masks, else by their position. A line that
    was brought before is not brought again, and what was said in the packet since goes into
    the same reading. The common record, masks and locked results stay as they are.

    Parameters
    ----------
    database : Database
        The project.
    packet : Database
        Open for reading at least.

    Raises
    ------
    RecordError
        If it is no packet, none of its images is in the project, or its classes are others.
    ProjectDamagedError
        If masks of either are missing or damaged.
    ProjectReadOnlyError, ProjectWriteError
        If it cannot be written.
    """
    database.refuse_read_only()
    if packet_facts(packet) is None:
        raise RecordError(
            f"{packet.folder.name} is a project and no packet. To bring in another project, say "
            "project add --from-project."
        )
    homes = {field.sha256: field for field in fields_of(database)}
    fields = fields_of(packet)
    if not any(field.sha256 in homes for field in fields):
        raise RecordError(
            f"None of the {len(fields)} images of the packet {packet.folder.name} is in this "
            "project. Merge it into the project that it was taken from."
        )
    # All that was said in a packet was said blind, also in readings of its own.
    aim = Aim(project_id_of(packet), blind=True)
    carrier = Carrier(packet, database, lambda _: aim)
    words, arrivals, refused = Carried(), [], []
    for field in fields:
        if field.sha256 in homes:
            found, told = carrier.find(field, homes[field.sha256])
            arrivals += found
            words += told
        elif spoken := carrier.spoken(field):
            refused.append(
                f"Field {field.field_id} of the packet is not in this project, and its {spoken} "
                "words were not taken. Add its image to the project, and merge the packet again."
            )
    with database.transaction():
        take_taxonomies(database, packet)
        words += deliver(database, carrier.project_id, arrivals)
    return Merged(words, packet.row(_EDITS)[0], tuple(refused))
