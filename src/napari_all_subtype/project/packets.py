"""What a packet knows of itself: a project that went out to be read apart from another one."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from napari_all_subtype.project.database import Database

_PACKET = "packet"


@dataclass(frozen=True)
class PacketFacts:
    """Where a packet is from, and what was kept from its reader.

    Parameters
    ----------
    project_id : str
        The project that it was taken from.
    made_utc : str
    reader : str
        Name or code of the reader it was made for; empty if it was not said.
    model_hidden : bool
        It holds nothing that a model said.
    """

    project_id: str
    made_utc: str
    reader: str = ""
    model_hidden: bool = False


def project_id_of(database: Database) -> str:
    """What tells this project from any other, and a packet from its project."""
    return database.row("SELECT value FROM project WHERE key = 'id'")[0]


def note_packet(database: Database, facts: PacketFacts) -> None:
    """Note that this project is a packet."""
    with database.transaction() as connection:
        content = json.dumps(asdict(facts), ensure_ascii=False)
        connection.execute("INSERT INTO project VALUES (?, ?)", (_PACKET, content))


def packet_facts(database: Database) -> PacketFacts | None:
    """Where this packet is from; None for any other project."""
    row = database.row("SELECT value FROM project WHERE key = ?", (_PACKET,))
    return None if row is None else PacketFacts(**json.loads(row[0]))
