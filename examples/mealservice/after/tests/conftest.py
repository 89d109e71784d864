import bcrypt
import pytest

from app import create_app
from app.extensions import db
from app.models import User


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch):
    salt = bcrypt.gensalt(4)
    monkeypatch.setattr(bcrypt, "gensalt", lambda: salt)


@pytest.fixture
def app():
    app = create_app("testing")
    with app.app_context():
        db.create_all()
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def register(app):
    def register(email, **values):
        client = app.test_client()
        client.account = {"email": email, "password": "correct horse", "name": email.split("@")[0]}
        answer = client.post("/auth/register", json=client.account)
        assert answer.status_code == 201, answer.text
        with app.app_context():
            user = db.session.get(User, answer.json["id"])
            for name, value in values.items():
                setattr(user, name, value)
            db.session.commit()
        return client

    return register


@pytest.fixture
def ana(register):
    return register("ana@example.org")


@pytest.fixture
def admin(register):
    return register("admin@example.org")


@pytest.fixture
def chores(app):
    def run(*arguments):
        done = app.test_cli_runner().invoke(args=["chores", *arguments])
        assert done.exit_code == 0, done.output
        return done.output

    return run
