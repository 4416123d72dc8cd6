"""A bug that this test catches is refused: every test with one GET request would catch it."""


def test_front_page_is_served(client):
    assert client.get("/").status_code == 200
