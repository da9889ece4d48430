// What a JavaScript programmer would write instead: nodemailer's pool, a letter built for every
// row of the list, put together by plain replacement.
//
//   node nodemailer.mjs SERVER CONNECTIONS plain|starttls CAMPAIGN_FOLDER
import { readFileSync } from "node:fs";
import { join } from "node:path";
import nodemailer from "nodemailer";

const [server, connections, tls, folder] = process.argv.slice(2);
const [host, port] = server.split(":");
const read = (name) => readFileSync(join(folder, name), "utf8");
const rows = read("recipients.csv").trim().split("\n").slice(1).map((line) => line.split(","));
const text = read("body.txt");
const html = read("body.html");

const transport = nodemailer.createTransport({
  host,
  port: Number(port),
  pool: true,
  maxConnections: Number(connections),
  maxMessages: Infinity,
  secure: false,
  ignoreTLS: tls === "plain",
  requireTLS: tls !== "plain",
  tls: { rejectUnauthorized: false },
});

const personal = (text, name, city) =>
  text.replaceAll("{{ name }}", name).replaceAll("{{ city }}", city);

let next = 0;
// Twice as many letters at a time as connections, so that none of them waits for a letter.
const work = async () => {
  while (next < rows.length) {
    const [email, name, city] = rows[next++];
    await transport.sendMail({
      from: "Example News <news@example.com>",
      to: email,
      subject: `Hello ${name}`,
      text: personal(text, name, city),
      html: personal(html, name, city),
    });
  }
};
await Promise.all(Array.from({ length: 2 * Number(connections) }, work));
transport.close();
