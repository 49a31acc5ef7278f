import pytest

from adbayes.cohort.delimited import SIGNS, read_delimited
from adbayes.errors import DataError


def read(text: str | bytes, own: str = ","):
    content = text.encode() if isinstance(text, str) else text
    return read_delimited("x.csv", content, own)


@pytest.mark.parametrize("sign", SIGNS)
def test_every_sign_is_recognised_whatever_the_suffix_promises(sign):
    text = "y,x\n1,2\n3,4\n".replace(",", sign)
    for own in (",", "\t"):
        table = read(text, own)
        assert table.columns == {"y": ["1", "3"], "x": ["2", "4"]}
        expected = () if sign == own else (f"x.csv: columns are separated by {SIGNS[sign]}",)
        assert table.notes == expected


def test_a_quoted_sign_is_text():
    table = read('y,x\n"1;2","a\tb"\n"3;4",c\n')
    assert table.columns == {"y": ["1;2", "3;4"], "x": ["a\tb", "c"]}
    assert read('y;x\n"1,2";a\n').columns == {"y": ["1.2"], "x": ["a"]}


def test_the_sign_that_divides_every_row_alike_wins():
    assert list(read("y;x\n1,5;2\n3;4\n").columns) == ["y", "x"]
    assert list(read("a,b;y;x\n1;2;3\n", ",").columns) == ["a,b", "y", "x"]


def test_a_sign_inside_a_name_divides_nothing():
    assert list(read("y,x;z;w\n1,2;3\n4,5;6\n").columns) == ["y", "x;z;w"]


def test_one_column_needs_no_sign():
    assert read("y\n1\n2\n").columns == {"y": ["1", "2"]}
    assert read("y\n1\n2\n").notes == ()


def test_rows_stand_at_their_lines():
    table = read('y,x\r\n\r\n1,"two\r\nlines"\r\n3,4\r\n')
    assert table.rows == (3, 5)
    assert read("sep=;\ny;x\n1;2\n").rows == (3,)


@pytest.mark.parametrize(
    ("encoding", "note"),
    [("utf-8", None), ("utf-8-sig", None), ("utf-16", "UTF-16"), ("utf-32", "UTF-32")],
)
def test_encodings_with_a_mark(encoding, note):
    table = read("name,x\nJosé,1\n".encode(encoding))
    assert table.columns["name"] == ["José"]
    assert table.notes == (() if note is None else (f"x.csv: read as {note}",))


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["30,5", "2,0"], ["30.5", "2.0"]),
        (["-0,5", "3"], ["-0.5", "3"]),
        (["1,234", "0,5"], ["1.234", "0.5"]),  # one certain decimal comma settles the others
        (["0,123", "0,456"], ["0.123", "0.456"]),  # no group of thousands begins with 0
        (["1,5", "a"], ["1,5", "a"]),
        (["1,5", "1.5x"], ["1,5", "1.5x"]),
        (["1,2,3", "1,2"], ["1,2,3", "1,2"]),
    ],
)
def test_decimal_commas(cells, expected):
    table = read("y;x\n" + "".join(f"{one};z\n" for one in cells))
    assert table.columns["y"] == expected
    assert ("x.csv: decimal comma read in y" in table.notes) == (cells != expected)


def test_identifiers_keep_their_comma():
    assert read("patient;y\n1,5;2,5\n").columns == {"patient": ["1,5"], "y": ["2.5"]}


def test_commas_between_columns_leave_no_decimal_comma():
    assert read('y,x\n"1,5",2\n').columns["y"] == ["1,5"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("y;x\n1,234;1\n", "1 value with a comma that may be decimal or group thousands"),
        ("y;x\n1,5;1.5\n", r"column x has a decimal point \(line 2: 1\.5\) and column y a decimal"),
        ("y;x\n1,5;\n1.5;\n", r"column y has|column y"),
        ("a|b;c\n1|2;3\n", "separated by semicolons or vertical bars; use one sign only"),
        ("y,x\n1\n", "1 row does not have the 2 cells of the header"),
        (b"\xff\xfey", "is marked as UTF-16 but is not at byte 2"),
        (b"y,x\n1,\xe9\n", "line 2 has the byte 0xe9, which is not UTF-8 text"),
        ('sep=;\n"y"y;x\n1;2\n', "line 2 is not csv"),
        ('y,x\n1,"2"3\n', r"line 2 is not csv \(.*\); check its quotation marks"),
    ],
)
def test_refusals(text, sentence):
    with pytest.raises(DataError, match=sentence):
        read(text)


def test_a_point_and_a_comma_in_one_column_are_not_numbers_to_be_guessed():
    with pytest.raises(DataError, match="write all numbers with a point"):
        read("y;x\n1,5;\n1.5;\n")


def test_remarks_before_the_header_are_left_out_and_told():
    table = read("# seed = 3\n# note = a, b; c\ny,x\n1,2\n")
    assert table.columns == {"y": ["1"], "x": ["2"]}
    assert table.rows == (4,)
    assert table.notes == ("x.csv: 2 lines of remarks before the header left out",)


def test_a_header_that_begins_with_a_hash_is_a_header():
    assert list(read("#,x\n1,2\n").columns) == ["#", "x"]
    assert list(read("# of visits,x\n1,2\n").columns) == ["# of visits", "x"]


def test_nothing_after_remarks_is_an_empty_file():
    with pytest.raises(DataError, match="the file is empty"):
        read("# seed = 3")
