// The page as somebody uses it, step by step; started by page.sh, in a folder with the job files and a server that runs.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { setTimeout as pause } from "node:timers/promises";

const { chromium } = createRequire(process.env.PAGE_PLAYWRIGHT + "/")("playwright-core");
const axe = readFileSync(createRequire(process.env.PAGE_AXE + "/").resolve("axe-core/axe.min.js"), "utf8");
const address = /http:\S+/.exec(process.env.PAGE_ADDRESS)[0];
const origin = new URL(address).origin;
const drover = (...words) => execFileSync(process.env.PAGE_BINARY, words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
const submit = (name, ...more) => /Job (\S+):/.exec(drover("job", "submit", "--unconfined", ...more, name + ".yml"))[1];

let failed = 0;
async function step(name, does) {
  try {
    await does();
    console.log("ok   page: " + name);
  } catch (error) {
    failed++;
    console.log(`FAIL page: ${name}\n     ${String(error).split("\n").slice(0, 12).join("\n     ")}`);
  }
}
function check(holds, what) {
  if (!holds) throw new Error(what);
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: process.getuid() === 0 ? ["--no-sandbox"] : [],
});
const context = await browser.newContext({ viewport: { width: 1000, height: 900 }, acceptDownloads: true });
const page = await context.newPage();
page.setDefaultTimeout(15_000);
const complaints = [];
page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
page.on("pageerror", (error) => complaints.push(String(error)));

const sees = (text, options) => page.getByText(text, options).first().waitFor();
const shoot = (name) => page.screenshot({ path: `${process.env.PAGE_SCREENS}/${name}.png`, fullPage: true });

/** No rule of WCAG 2.1 A and AA that a program can check is broken. CSP lets no script in but by the debugger. */
async function checkAccess(where) {
  await page.evaluate(axe);
  const result = await page.evaluate(() => globalThis.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] }));
  const told = result.violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`);
  check(told.length === 0, `${where}: ${told.join("\n")}`);
}

async function shootAll(name) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await pause(150);
    await shoot(`${name}-${colorScheme}`);
    await checkAccess(`${name}, ${colorScheme}`);
  }
  await page.setViewportSize({ width: 400, height: 800 });
  await pause(300);
  await shoot(`${name}-narrow`);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  check(over <= 0, `${name} is ${over} px too wide at 400 px`);
  await page.setViewportSize({ width: 1000, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
}

await step("without a token it says what to do", async () => {
  await page.goto(origin + "/");
  await sees("drover open");
  await sees("No token");
});
await step("with a wrong one too", async () => {
  await page.goto(origin + "/#token=wrong");
  await sees("The token is not this server’s");
  await shootAll("refused");
});
await step("the right one comes in, and leaves the address bar", async () => {
  await page.goto(address);
  await sees("No jobs yet.");
  check(!page.url().includes("token"), page.url());
  check((await page.evaluate(() => history.length)) <= 4, "the token is in the history");
  await shoot("empty");
  await checkAccess("empty");
});

const train = submit("train-resnet18");
await step("a job that is submitted shows up by itself", async () => {
  await page.getByRole("link", { name: "train-resnet18" }).waitFor();
  await sees("Running for", { exact: false });
});
submit("quick-check");
submit("too-greedy", "--retry", "1");
await step("what waits says why, and what ended how", async () => {
  await page.locator(".state.completed").first().waitFor({ timeout: 30_000 });
  await page.locator(".state.failed").first().waitFor({ timeout: 30_000 });
  for (let i = 0; i < availableParallelism() + 1; i++) submit("after-the-others");
  await sees(/slots? (is|are) taken/);
  await sees("its command ended with exit code 3", { exact: false });
  await page.getByText("loss 0.").first().waitFor();
  await shootAll("list");
});
await step("a job's page draws what it logs", async () => {
  await page.getByRole("link", { name: "train-resnet18" }).click();
  await page.locator(".chart canvas").nth(2).waitFor();
  check(page.url() === `${origin}/#/jobs/${train}`, page.url());
  await sees("by step");
  const last = () => page.locator("table tbody tr", { hasText: "loss" }).locator("td").nth(1).innerText();
  const before = await last();
  for (let i = 0; i < 30 && (await last()) === before; i++) await pause(100);
  check((await last()) !== before, `the last step stays ${before} for 3 s`);
});
await step("its log comes as it is written", async () => {
  const text = () => page.locator(".log").innerText();
  check((await text()).startsWith("step    0 "), "it does not begin at its beginning");
  const before = (await text()).length;
  for (let i = 0; i < 30 && (await text()).length === before; i++) await pause(100);
  check((await text()).length > before, "nothing came for 3 s");
});
await step("it is drawn over time as well", async () => {
  await page.getByRole("button", { name: "by time" }).click();
  await sees("at ", { exact: false });
  await page.getByRole("button", { name: "by step" }).click();
  await shootAll("running");
});
await step("a server that is killed comes back, and the page goes on", async () => {
  const pid = JSON.parse(readFileSync(process.env.DROVER_STATE + "/serve.json", "utf8")).pid;
  process.kill(pid, "SIGKILL");
  await sees("The server does not answer", { exact: false });
  await shoot("away");
  drover("serve", "--background", "--speed", "60");
  await page.locator(".trouble").waitFor({ state: "detached" });
  const text = () => page.locator(".log").innerText();
  const before = await text();
  for (let i = 0; i < 50 && (await text()) === before; i++) await pause(100);
  const lines = (await text()).trimEnd().split("\n").map((line) => Number(line.slice(5, 9)));
  check(lines.length > before.trimEnd().split("\n").length, "the log does not go on");
  check(lines.every((number, i) => number === i), "a line is lost or said twice");
});
await step("a cancel is asked about first", async () => {
  await page.getByRole("button", { name: "Cancel…" }).click();
  await shoot("question");
  await checkAccess("question");
  await page.keyboard.press("Escape");
  await page.locator("dialog").waitFor({ state: "detached" });
  check(await page.locator(".heading .state.running").isVisible(), "escape is no no");
  await page.getByRole("button", { name: "Cancel…" }).click();
  await page.getByRole("button", { name: "Cancel it" }).click();
  await page.locator(".heading .state.canceled").waitFor();
  check((await page.locator("[aria-live=polite]").innerText()).includes("canceled"), "nobody was told");
});
await step("outputs can be taken away", async () => {
  await page.getByRole("link", { name: "← All jobs" }).click();
  await page.getByRole("link", { name: "quick-check" }).click();
  await page.locator(".heading .state.completed").waitFor();
  const coming = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download model/weights.txt" }).click();
  const file = await coming;
  check(file.suggestedFilename() === "weights.txt", file.suggestedFilename());
  check(readFileSync(await file.path(), "utf8") === "weights ".repeat(1_200_000), "other bytes");
  await shootAll("completed");
});
await step("attempts are told with their reasons", async () => {
  await page.goto(origin + "/#/");
  await page.getByRole("link", { name: "too-greedy" }).click();
  await page.getByRole("heading", { name: "Attempts" }).waitFor();
  check((await page.locator(".attempts li").count()) === 2, "not two");
  await shoot("failed");
});
await step("what is over can be deleted, after a question", async () => {
  await page.getByRole("button", { name: "Delete…" }).click();
  await page.getByRole("button", { name: "Delete it" }).click();
  await page.getByRole("heading", { name: "Jobs" }).waitFor();
  await page.getByRole("link", { name: "quick-check" }).waitFor();
  await pause(1500);
  check((await page.getByRole("link", { name: "too-greedy" }).count()) === 0, "it is still there");
});
await step("a job that is not there is said so", async () => {
  await page.goto(origin + "/#/jobs/none");
  await sees("No such job");
});
const pool = page.locator("section.pool", { hasText: "lab/web" });
await step("without a pool that is run live it says how to have one", async () => {
  await page.goto(origin + "/#/");
  await page.getByRole("link", { name: "Pools" }).click();
  await sees("No pool is run live yet.", { exact: false });
  await shoot("no-pools");
});
await step("a pool that the server scales shows up, with the reason for its count", async () => {
  drover("scale", "watch", "--scaler", "lab/web", "--every", "1m", "--background");
  await pool.locator(".state.acts").waitFor({ timeout: 30_000 });
  await sees("forecast wants", { exact: false });
  await pool.locator(".chart canvas").nth(1).waitFor();
  await pool.getByText("Last decisions").click();
  await pool.locator("details li").first().waitFor();
  await pause(6000); // some minutes of its load
  await shootAll("pools");
});
await step("a person's word is asked for, and counts", async () => {
  await pool.getByRole("button", { name: "Pin…" }).click();
  await page.locator("dialog[open]").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("dialog").waitFor({ state: "detached" });
  check((await pool.locator(".state.pinned").count()) === 0, "escape is no no");
  await pool.getByRole("button", { name: "Pin…" }).click();
  await page.locator("dialog").getByLabel("Nodes").fill("3");
  await page.getByLabel("For how many hours").fill("48");
  await page.getByLabel("Why").fill("load test");
  await shoot("pin");
  await checkAccess("pin");
  await page.getByRole("button", { name: "Pin it" }).click();
  await pool.locator(".state.pinned").waitFor();
  await sees("Pinned to 3 until", { exact: false });
  await sees("load test, by somebody at the page", { exact: false });
  await shoot("pinned");
});
await step("a wrong word is refused there", async () => {
  await pool.getByRole("button", { name: "Pause…" }).click();
  await page.getByLabel("For how many hours").fill("721");
  await page.getByRole("button", { name: "Pause it" }).click();
  check(await page.locator("dialog:has(:invalid)").isVisible(), "31 days are taken");
  await page.getByRole("button", { name: "Leave it" }).click();
});
await step("and is taken back", async () => {
  await pool.getByRole("button", { name: "Resume…" }).click();
  await page.getByRole("button", { name: "Resume it" }).click();
  await pool.locator(".state.acts").waitFor();
  drover("scale", "watch", "--scaler", "lab/web", "--stop");
  await sees("The server does not scale it by itself", { exact: false });
});
await step("nothing was complained of", async () => {
  // What was refused or away on purpose is told by the browser as well.
  const others = complaints.filter((each) => !/status of (401|404|503)|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY|ERR_CONNECTION_RESET/.test(each));
  check(others.length === 0, others.join("\n"));
});
await browser.close();
process.exit(failed === 0 ? 0 : 1);
