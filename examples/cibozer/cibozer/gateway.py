"""The part of Stripe's interface that we use."""

import json
import urllib.error
import urllib.parse
import urllib.request

API = "https://api.stripe.com/v1"
TIMEOUT = 10


class PaymentError(Exception):
    """Stripe refused, or could not be reached."""


class StripeGateway:
    def __init__(self, secret_key):
        self.secret_key = secret_key

    def create_customer(self, user):
        answer = self.request("POST", "/customers", {"email": user.email, "metadata[user_id]": user.id})
        return answer["id"]

    def create_payment_intent(self, customer, amount, currency, metadata):
        fields = {"customer": customer, "amount": amount, "currency": currency}
        fields |= {f"metadata[{name}]": value for name, value in metadata.items()}
        return self.request("POST", "/payment_intents", fields)

    def create_subscription(self, customer, price, tier):
        fields = {"customer": customer, "items[0][price]": price, "metadata[tier]": tier}
        return self.request("POST", "/subscriptions", fields)

    def cancel_subscription(self, subscription):
        return self.request("DELETE", f"/subscriptions/{subscription}", {})

    def request(self, method, path, fields):
        request = urllib.request.Request(
            API + path,
            data=urllib.parse.urlencode(fields).encode() or None,
            headers={"Authorization": f"Bearer {self.secret_key}"},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise PaymentError(f"The payment was refused ({error.code}).") from error
        except OSError as error:
            raise PaymentError("The payment service cannot be reached.") from error
