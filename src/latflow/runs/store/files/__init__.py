"""Files that are whole and undamaged, or refused: sealed, locked, and inside of their run."""

from latflow.runs.store.files._arrays import ArrayFile as ArrayFile
from latflow.runs.store.files._arrays import read_arrays as read_arrays
from latflow.runs.store.files._arrays import write_arrays as write_arrays
from latflow.runs.store.files._atomic import finite as finite
from latflow.runs.store.files._atomic import is_leftover as is_leftover
from latflow.runs.store.files._atomic import remove_leftovers as remove_leftovers
from latflow.runs.store.files._atomic import to_json as to_json
from latflow.runs.store.files._atomic import write_bytes as write_bytes
from latflow.runs.store.files._atomic import write_json as write_json
from latflow.runs.store.files._atomic import write_text as write_text
from latflow.runs.store.files._atomic import written_aside as written_aside
from latflow.runs.store.files._damaged import mend as mend
from latflow.runs.store.files._damaged import set_aside as set_aside
from latflow.runs.store.files._disk import cannot_be_written as cannot_be_written
from latflow.runs.store.files._inside import make_folder_inside as make_folder_inside
from latflow.runs.store.files._lock import locked as locked
from latflow.runs.store.files._reading import contents as contents
from latflow.runs.store.files._record import read_record as read_record
from latflow.runs.store.files._record import write_record as write_record
from latflow.runs.store.files._seal import BLOCK as BLOCK
from latflow.runs.store.files._seal import Damage as Damage
from latflow.runs.store.files._seal import read_facts as read_facts
from latflow.runs.store.files._seal import read_sealed as read_sealed
from latflow.runs.store.files._seal import seal as seal
from latflow.runs.store.files._typed import Typed as Typed
from latflow.runs.store.files._typed import only_sound as only_sound
