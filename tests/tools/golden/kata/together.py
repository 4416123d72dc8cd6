from app import count

counted = []


def test_counts():
    counted.append(count("two words"))


def test_counted_right():
    assert set(counted) <= {2}


def test_counts_again():
    counted.append(count("three more words") - 1)
