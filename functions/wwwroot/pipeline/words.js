// Numbers and words as people read them.

export const isNumber = value => typeof value === "number" && Number.isFinite(value);

export function number(value) {
  if (!isNumber(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.0005 || size >= 1e7)) {
    const [digits, exponent] = value.toExponential(1).split("e");
    return digits.replace("-", "−") + " × 10" + raised(Number(exponent));
  }
  return value.toLocaleString("en", { maximumFractionDigits: size >= 100 ? 1 : size >= 1 ? 3 : 4 }).replace("-", "−");
}

const raised = exponent => [...String(exponent)].map(c => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c])).join("");

/** A probability; one too small for a number is below the least there is. */
export const chance = p => (p === 0 ? "below 10" + raised(-300) : number(p));

export const whole = value => (isNumber(value) ? Math.round(value).toLocaleString("en") : "–");

export const percent = share => (isNumber(share) ? (100 * share).toLocaleString("en", { maximumFractionDigits: 1 }) + " %" : "–");

export const version = value => (value === null || value === undefined || value === "" ? "–" : "v" + value);

/** e to the power of a logarithm, which may be far too large or small for a number. */
export function power(log) {
  if (!isNumber(log)) return "–";
  if (Math.abs(log) < 16) return number(Math.exp(log));
  return "10" + raised(Math.round(log / Math.LN10));
}

/** rolledBack, RolledBack → rolled back. */
export const words = name => String(name).replace(/([a-z0-9])([A-Z])/g, "$1 $2").replace(/[A-Z][a-z]/g, part => part.toLowerCase());

export const capital = text => text.charAt(0).toUpperCase() + text.slice(1);

/** What a result or a phase means to a person: good, bad, warn, or nothing in particular. */
export function kindOf(name) {
  const text = String(name).toLowerCase();
  if (["promoted", "completed", "smokepassed", "promotionapplied", "approved"].includes(text)) return "good";
  if (["rolledback", "invalid", "aborted", "failed", "guardrailfired", "offlinerejected"].includes(text)) return "bad";
  if (["keptchampion", "triggersuppressed", "triggerreceived", "triggercoalesced", "superseded", "cancelled", "approvalawaited"].includes(text)) return "warn";
  return "";
}

/** Scalar members of an object as one line. */
export function flatten(detail, without = []) {
  if (detail === null || detail === undefined) return "";
  if (typeof detail !== "object") return String(detail);
  return Object.entries(detail)
    .filter(([name, value]) => value !== null && typeof value !== "object" && !without.includes(name))
    .map(([name, value]) => words(name) + " " + (isNumber(value) ? number(value) : value))
    .join(", ");
}
