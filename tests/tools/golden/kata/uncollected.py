from app import count


def test_counts():
    check_with_a_test("Hello World", 2)


def check_with_a_test(text, number):
    assert count(text) == number


def counts_one_word_test():
    assert count("Hello") == 1


class CountTests:
    def test_counts_nothing(self):
        assert count("") == 0
