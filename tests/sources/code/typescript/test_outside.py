"""What goes over the network."""

from __future__ import annotations

from pathlib import Path

import pytest
from sources.code.typescript.shop import read_files

from dbarchitect.catalog.queries import EventKind

HEAD = 'import { PrismaClient } from "@prisma/client"\nconst prisma = new PrismaClient()\n'
ASK = "await prisma.order.findMany()"


@pytest.mark.parametrize(
    ("imports", "call"),
    [
        ("", "await fetch('https://api.example.org')"),
        ("", "await fetch(url, { method: 'POST' })"),
        ('import axios from "axios"', "await axios.post(url, {})"),
        ('import axios from "axios"\nconst api = axios.create({})', "await api.get(url)"),
        ('import Stripe from "stripe"\nconst stripe = new Stripe(key)', "await stripe.customers.create({ email })"),
        ('import { Resend } from "resend"\nconst resend = new Resend(key)', "await resend.emails.send({})"),
        ('import nodemailer from "nodemailer"\nconst mail = nodemailer.createTransport({})', "await mail.sendMail({})"),
        ('import OpenAI from "openai"\nconst ai = new OpenAI()', "await ai.chat.completions.create({})"),
        ('import { S3Client, PutObjectCommand } from "@aws-sdk/client-s3"\nconst s3 = new S3Client({})',
         "await s3.send(new PutObjectCommand({}))"),
        ('import sgMail from "@sendgrid/mail"', "await sgMail.send({})"),
        ('import twilio from "twilio"\nconst client = twilio(a, b)', "await client.messages.create({})"),
        ('import { google } from "googleapis"\nconst calendar = google.calendar({})', "await calendar.events.list({})"),
        ('import { generateText } from "ai"', "await generateText({ prompt })"),
        ('import { put } from "@vercel/blob"', "await put(name, file)"),
        ('import webpush from "web-push"', "await webpush.sendNotification(email, prompt)"),
        ('import { sendNotification } from "web-push"', "await sendNotification(email, prompt)"),
    ],
)  # fmt: skip
def test_calls(tmp_path: Path, imports: str, call: str) -> None:
    source = f"{imports}\n{HEAD}export async function f(url, key, email, prompt) {{\n  {ASK}\n  {call}\n}}"
    (event,) = read_files(tmp_path, {"a.ts": source}).events
    assert event.kind is EventKind.EXTERNAL_CALL


@pytest.mark.parametrize(
    ("imports", "call"),
    [
        ("", "await fetch('/api/orders')"),
        ('import Stripe from "stripe"\nconst stripe = new Stripe(key)', "stripe.webhooks.constructEvent(body, s, key)"),
        ('import axios from "axios"', "if (axios.isAxiosError(e)) throw e"),
        ('import { S3Client } from "@aws-sdk/client-s3"', "new S3Client({})"),
        ('import webpush from "web-push"', "webpush.setVapidDetails(e, key, s)"),
        ('import { orders } from "./orders"', "await orders.send()"),
    ],
)
def test_none(tmp_path: Path, imports: str, call: str) -> None:
    source = f"{imports}\n{HEAD}export async function f(e, body, s, key) {{\n  {ASK}\n  {call}\n}}"
    assert read_files(tmp_path, {"a.ts": source}).events == ()


def test_a_client_by_its_type(tmp_path: Path) -> None:
    body = f"{ASK}\nawait s.refunds.create({{}})"
    source = f'import type Stripe from "stripe"\n{HEAD}export async function f(s: Stripe) {{ {body} }}'
    (event,) = read_files(tmp_path, {"a.ts": source}).events
    assert event.text == "s.refunds.create({})"
