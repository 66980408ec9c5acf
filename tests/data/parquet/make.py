"""Writes the Parquet files beside this script, which tests/data/parquet_test.cc reads, and rows.json, what they hold: the same table
by several settings of pyarrow's writer. Run it with the pyarrow of tests/parity/requirements.txt."""
import json
import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

here = pathlib.Path(__file__).parent
rows = []
for i in range(7):
    rows.append({
        "question": None if i == 3 else f"What is {i} + {i}? é€𝄞" if i % 2 else "",
        "answer": i * 10**12 - 5,
        "small": None if i == 0 else i - 3,
        "share": i / 4 if i != 5 else None,
        "right": [True, False, None][i % 3],
        "level": ["easy", "hard"][i % 2],
        "messages": None if i == 2 else [{"role": r, "content": f"{r} {i}" if k else None}
                                         for k, r in enumerate(["system", "user", "assistant"][:i % 4])],
        "tests": {"input": [f"{k}\n" for k in range(i % 3)], "output": [str(k) for k in range(i % 3)]},
        "grid": [[i, k] if k else [] for k in range(i % 3)],
    })
schema = pa.schema([
    ("question", pa.string()), ("answer", pa.int64()), ("small", pa.int8()), ("share", pa.float64()), ("right", pa.bool_()),
    ("level", pa.dictionary(pa.int32(), pa.string())),
    ("messages", pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))),
    ("tests", pa.struct([("input", pa.list_(pa.string())), ("output", pa.large_list(pa.large_string()))])),
    ("grid", pa.list_(pa.list_(pa.int32()))),
])
table = pa.Table.from_pylist(rows, schema=schema)
(here / "rows.json").write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
settings = {
    "snappy": dict(compression="snappy"),
    "zstd_v2_groups": dict(compression="zstd", data_page_version="2.0", row_group_size=3),
    "gzip_plain": dict(compression="gzip", use_dictionary=False, row_group_size=2),
    "none_v2_plain": dict(compression="none", use_dictionary=False, data_page_version="2.0"),
    "brotli_small_pages": dict(compression="brotli", data_page_size=16, write_batch_size=1),
    "lz4_delta": dict(compression="lz4", use_dictionary=False,
                      column_encoding={"question": "DELTA_BYTE_ARRAY", "answer": "DELTA_BINARY_PACKED", "share": "BYTE_STREAM_SPLIT"}),
    "no_arrow_schema": dict(store_schema=False),
}
for name, options in settings.items():
    pq.write_table(table, here / f"{name}.parquet", **options)
odd = pa.table({"bytes": pa.array([b"text", b"\xff\xfe"], pa.binary()), "day": pa.array([0, 1], pa.date32()),
                "price": pa.array([None, "1.50"], pa.string()).cast(pa.decimal128(9, 2)),
                "pairs": pa.array([[("a", 1)], []], pa.map_(pa.string(), pa.int64()))})
pq.write_table(odd, here / "odd.parquet", store_schema=False)
