// Every page named on the command line in headless Chromium, on a desktop and on a phone: nothing scrolls sideways but what may, folding
// and the mode of one step at a time work, formulas are in the accessibility tree, light, dark and print are readable, nothing is
// loaded from elsewhere, and the console stays empty.
import { pathToFileURL } from "node:url";
import path from "node:path";
import { chromium } from "playwright-core";

const [executablePath, ...files] = process.argv.slice(2);
const SIZES = [{ width: 1000, height: 800 }, { width: 390, height: 800 }];
// Contrast that WCAG 2.2 asks of text, 1.4.3.
const CONTRAST = 4.5;

/** What is wider than the window, and what scrolls but cannot be reached with the keyboard. Runs in the page. */
async function sideways() {
  // The page's own script hears of a new size before the next frame.
  for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
  const root = document.documentElement;
  const wrong = root.scrollWidth > innerWidth ? [`the page is ${root.scrollWidth} wide in ${innerWidth}`] : [];
  for (const it of document.querySelectorAll("body *")) {
    const scrolls = ["auto", "scroll"].includes(getComputedStyle(it).overflowX) && it.scrollWidth > it.clientWidth + 1;
    if (scrolls && it.tabIndex < 0 && it.clientWidth > 0) wrong.push(`${it.className} scrolls without the keyboard: ${it.textContent.slice(0, 60)}`);
  }
  return wrong;
}

/** Folds and unfolds, then goes through every statement step by step. Runs in the page. */
function reading() {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const click = (selector) => document.querySelector(selector).click();
  const shown = (it) => it.offsetParent !== null || it.getClientRects().length > 0;
  const wrong = [];
  const folds = all("details");
  if (all("details.statement").length === 0) return wrong;
  click("#fold");
  if (folds.some((it) => it.open)) wrong.push("something stays unfolded");
  click("#unfold");
  if (folds.some((it) => !it.open)) wrong.push("something stays folded");
  click("#hints");
  for (const statement of all("details.statement")) {
    const steps = all(".step", statement);
    const visible = () => steps.filter((it) => !it.hidden).length;
    const [hint, next] = all(".next button", statement);
    if (steps.length > 0 && visible() !== 1) wrong.push(`${visible()} steps at first`);
    for (let at = 1; at < steps.length; at += 1) {
      if (!hint.disabled) {
        hint.click();
        const right = all(":scope > .right > *", steps[at]);
        if (right.some((it) => getComputedStyle(it).visibility !== "hidden")) wrong.push("a hint gives the step away");
        if (!all(".why", steps[at]).some(shown)) wrong.push("a hint says nothing");
      }
      next.click();
      if (visible() !== at + 1) wrong.push(`${visible()} steps after ${at} clicks`);
    }
    if (!all(".next", statement).every((it) => it.hidden)) wrong.push("there is no end");
  }
  click("#hints");
  if (all(".step").some((it) => it.hidden)) wrong.push("steps stay hidden");
  return wrong;
}

/** Text that stands out too little from what is behind it. Runs in the page. */
function contrasts(least) {
  const light = (colour) => {
    const parts = colour.match(/[\d.]+/g).slice(0, 3).map((part) => part / 255);
    const [r, g, b] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const opaque = (it) => {
    const colour = it ? getComputedStyle(it).backgroundColor : "rgb(255, 255, 255)";
    return /, 0\)$/.test(colour) ? opaque(it.parentElement) : colour;
  };
  const wrong = new Set();
  for (const it of document.querySelectorAll("p, li, h1, h2, h3, th, td, button, code, a, .why, .why strong, .number, .sizes, math, .changed")) {
    const [one, other] = [getComputedStyle(it).color, opaque(it)].map(light).sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < least) wrong.add(`${it.tagName}.${it.className} has a contrast of ${ratio.toFixed(1)}`);
  }
  return [...wrong];
}

/** What a printed page lacks or should lack. Runs in the page. */
function printed() {
  const shown = (it) => it.getClientRects().length > 0;
  const wrong = [];
  if ([...document.querySelectorAll(".controls, .next")].some(shown)) wrong.push("buttons are printed");
  if (![...document.querySelectorAll(".right")].every(shown)) wrong.push("a formula is not printed");
  return wrong;
}

/** Formulas and pictures that a screen reader does not find: those of the page against those of the accessibility tree. */
async function unread(page) {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  await session.detach();
  const count = (role) => nodes.filter((node) => !node.ignored && node.role?.value === role).length;
  const [formulas, empty, pictures] = await page.evaluate(() => [
    document.querySelectorAll("math").length,
    [...document.querySelectorAll("math")].filter((it) => it.textContent.trim() === "").length,
    document.querySelectorAll("svg").length,
  ]);
  const wrong = empty > 0 ? [`${empty} formulas are empty`] : [];
  if (count("MathMLMath") !== formulas) wrong.push(`${count("MathMLMath")} of ${formulas} formulas are in the accessibility tree`);
  const named = nodes.filter((node) => /image|img|graphics/i.test(node.role?.value ?? "") && node.name?.value);
  if (named.length < pictures) wrong.push(`${named.length} of ${pictures} pictures have a name`);
  return wrong;
}

/** Everything that is wrong with a page. */
async function faults(page, file) {
  const wrong = [];
  const add = (where, found) => wrong.push(...found.map((it) => `${where}: ${it}`));
  const told = (event) => add("console", [event.text?.() ?? String(event)]);
  const loaded = (request) => request.url().startsWith("file:") || add("network", [request.url()]);
  page.on("console", told).on("pageerror", told).on("request", loaded);
  await page.goto(pathToFileURL(path.resolve(file)).href);
  for (const size of SIZES) {
    await page.setViewportSize(size);
    add(`${size.width} px`, await page.evaluate(sideways));
  }
  add("accessibility", await unread(page));
  add("reading", await page.evaluate(reading));
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    add(colorScheme, await page.evaluate(contrasts, CONTRAST));
  }
  await page.emulateMedia({ media: "print", colorScheme: "light" });
  add("print", await page.evaluate(printed));
  await page.emulateMedia({ media: "screen" });
  page.off("console", told).off("pageerror", told).off("request", loaded);
  return wrong;
}

const launch = () => chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-background-networking"] });

/** What is wrong with a file, looked at on a page of its own, so that none inherits the memory of those before it. */
async function swept(browser, file) {
  const page = await browser.newPage();
  const wrong = await faults(page, file);
  await page.close();
  return wrong;
}

let browser = await launch();
let failures = 0;
for (const file of files) {
  let wrong;
  try {
    wrong = await swept(browser, file);
  } catch {
    // A browser that has crashed says nothing about the page; a second crash ends the sweep.
    await browser.close();
    browser = await launch();
    wrong = await swept(browser, file);
  }
  for (const fault of wrong) {
    failures += 1;
    console.error(`${path.basename(file)}: ${fault}`);
  }
}
await browser.close();
console.log(`${files.length} pages, ${failures} faults`);
process.exit(files.length > 0 && failures === 0 ? 0 : 1);
