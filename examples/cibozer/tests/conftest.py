import pytest

from cibozer import create_app
from cibozer.extensions import db

PASSWORD = "correct horse"


class Gateway:
    """Answers as Stripe does, and remembers what it was asked."""

    def __init__(self):
        self.asked = []

    def create_customer(self, user):
        self.asked.append(("customer", user.email))
        return f"cus_{user.id}"

    def create_payment_intent(self, customer, amount, currency, metadata):
        self.asked.append(("payment intent", customer, amount, currency))
        return {"id": f"pi_{len(self.asked)}", "client_secret": "secret", "metadata": metadata}

    def create_subscription(self, customer, price, tier):
        self.asked.append(("subscription", customer, price))
        return {"id": f"sub_{tier}"}

    def cancel_subscription(self, subscription):
        self.asked.append(("cancelled", subscription))


@pytest.fixture
def app():
    app = create_app("testing", ADMIN_EMAILS=frozenset({"admin@example.com"}))
    app.extensions["stripe"] = Gateway()
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def register(app):
    def register(email, **more):
        client = app.test_client()
        answer = client.post("/auth/register", json={"email": email, "password": PASSWORD, **more})
        assert answer.status_code == 201, answer.json
        client.user_id = answer.json["id"]
        return client

    return register


@pytest.fixture
def ana(register):
    return register("ana@example.com", full_name="Ana Almeida")


@pytest.fixture
def admin(register):
    return register("admin@example.com")


@pytest.fixture
def change(app):
    """Change columns of one row behind the application's back."""

    def change(model, key, **values):
        with app.app_context():
            row = db.session.get(model, key)
            for name, value in values.items():
                setattr(row, name, value)
            db.session.commit()

    return change
