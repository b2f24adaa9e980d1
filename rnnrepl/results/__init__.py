"""The records that commands and `Model` return: frozen dataclasses.

`--format json` prints the fields of these records, so their names are a stable interface. The unit
of a quantity is in its name or in a field `unit` of the record.
"""
