"""Checkpoints: reading and writing model folders, finding them by name, fetching from the hub."""

from rnnrepl.checkpoint.card import Card as Card
from rnnrepl.checkpoint.card import Start as Start
from rnnrepl.checkpoint.folder import LAST as LAST
from rnnrepl.checkpoint.folder import LAST_PREFIX as LAST_PREFIX
from rnnrepl.checkpoint.folder import TOKENIZER as TOKENIZER
from rnnrepl.checkpoint.folder import Checkpoint as Checkpoint
from rnnrepl.checkpoint.folder import json_bytes as json_bytes
from rnnrepl.checkpoint.folder import packed as packed
from rnnrepl.checkpoint.folder import read as read
from rnnrepl.checkpoint.folder import read_card as read_card
from rnnrepl.checkpoint.folder import start_id as start_id
from rnnrepl.checkpoint.folder import texts as texts
from rnnrepl.checkpoint.folder import weights_file as weights_file
from rnnrepl.checkpoint.folder import write as write
from rnnrepl.checkpoint.weights import in_range as in_range
from rnnrepl.files.model_folders import CARD as CARD
from rnnrepl.files.model_folders import WEIGHTS as WEIGHTS
