import Stripe from "stripe";
import type { Tier } from "@shared/schema";

const stripe = new Stripe(process.env.STRIPE_SECRET_KEY ?? "");

/** What of Stripe's events matters here. */
export type BillingEvent = { id: string; type: string } & (
  | { kind: "paid"; customer: string; price: string; tier: Tier; subscription: string; paymentIntent: string }
  | { kind: "failed" | "cancelled"; customer: string }
  | { kind: "other" }
);

export async function newCustomer(email: string): Promise<string> {
  const customer = await stripe.customers.create({ email });
  return customer.id;
}

export async function newCheckout(customer: string, price: string): Promise<string> {
  const checkout = await stripe.checkout.sessions.create({
    mode: "subscription",
    customer,
    line_items: [{ price, quantity: 1 }],
    success_url: "https://app.example.com/billing?paid=1",
    cancel_url: "https://app.example.com/billing",
  });
  return checkout.url ?? "";
}

/** Reads an event, and refuses what Stripe has not signed. */
export function readEvent(body: Buffer, signature: string): BillingEvent {
  const event = stripe.webhooks.constructEvent(body, signature, process.env.STRIPE_WEBHOOK_SECRET ?? "");
  const { id, type } = event;
  switch (event.type) {
    case "invoice.paid": {
      const invoice = event.data.object;
      const line = invoice.lines.data[0];
      return {
        id,
        type,
        kind: "paid",
        customer: String(invoice.customer),
        price: line?.price?.id ?? "",
        tier: (line?.price?.lookup_key ?? "starter") as Tier,
        subscription: String(invoice.subscription),
        paymentIntent: String(invoice.payment_intent),
      };
    }
    case "invoice.payment_failed":
      return { id, type, kind: "failed", customer: String(event.data.object.customer) };
    case "customer.subscription.deleted":
      return { id, type, kind: "cancelled", customer: String(event.data.object.customer) };
    default:
      return { id, type, kind: "other" };
  }
}
