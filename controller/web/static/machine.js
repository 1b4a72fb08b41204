// The drawn machine: puts each picture of the simulated home into the SVG.
// Responsible for motion between two pictures. Not responsible for physics: every
// number comes from the house; nothing here decides or guesses what happens.
"use strict";
(() => {
  const svg = document.getElementById("machine");
  if (!svg) return;
  const TICKS = 232, FALL_MS = 430, APART_MS = 110, SHOWN = 6;
  const part = (name) => document.getElementById("m-" + name);
  const slots = [...svg.querySelectorAll("[data-slot]")];
  const insideCup = [...svg.querySelectorAll(".inside .piece")];
  const fallen = document.getElementById("m-piece").innerHTML;
  let last = null, ticks = 0, still = 0;

  const say = (name, words) => { const at = part(name); if (at.textContent !== words) at.textContent = words; };
  const mark = (name, word, on) => part(name).classList.toggle(word, Boolean(on));

  function turn(scene) {
    const step = ((scene.ticks - ticks) % TICKS + TICKS + TICKS / 2) % TICKS - TICKS / 2;
    ticks += step;
    const tray = part("tray");
    tray.style.transform = `rotate(${-ticks * 360 / TICKS}deg)`;
    say("exposed", scene.exposed);
    say("moving", step ? "turning" : "");
    clearTimeout(still);
    if (step) still = setTimeout(() => say("moving", ""), 600);
  }

  function fill(scene) {
    slots.forEach((slot, index) => {
      const state = scene.states[index];
      slot.setAttribute("class", "slot " + (state || (scene.slots[index] ? "loaded" : "empty")));
      slot.querySelectorAll(".piece").forEach((piece, n) => piece.classList.toggle("here", n < scene.slots[index]));
    });
  }

  function fall(count) {
    for (let n = 0; n < Math.min(count, SHOWN); n++) {
      setTimeout(() => {
        const piece = document.createElementNS("http://www.w3.org/2000/svg", "g");
        piece.setAttribute("class", "falling");
        piece.innerHTML = fallen;
        piece.addEventListener("animationend", () => piece.remove());
        part("falling").append(piece);
        part("beam").classList.add("broken");
        setTimeout(() => last && mark("beam", "broken", !last.beam), 260);
      }, n * APART_MS);
    }
  }

  function cup(scene, dropped) {
    mark("cup", "away", !scene.cup);
    svg.querySelector(".ghost").classList.toggle("seen", !scene.cup);
    const settle = () => insideCup.forEach((piece, n) => piece.classList.toggle("here", n < scene.cupPieces));
    setTimeout(settle, dropped ? FALL_MS : scene.cup ? 0 : 500);
    say("weight", scene.cup ? `${scene.cupMg} mg` : "no cup");
    say("cup-word", scene.cup ? "cup" : "taken");
  }

  function front(scene) {
    const lamp = part("lamp");
    lamp.setAttribute("class", `lamp ${scene.lamp}${scene.lamp === "quiet" ? "" : " lit"}`);
    say("lamp-word", scene.lamp === "quiet" ? "lamp off" : "lamp: " + scene.lamp);
    say("word", scene.board ? scene.lamp : "off");
    say("time", scene.time);
    mark("sound", "on", scene.buzzer !== "quiet");
    mark("button", "down", scene.button);
    mark("service", "on", scene.service);
    say("service-word", scene.service ? "service on" : "service off");
    mark("door", "open", scene.door);
    mark("dark", "seen", !scene.board);
    part("gate").style.transform = `translateX(${scene.gate * 0.62}px)`;
    mark("beam", "broken", !scene.beam);
  }

  function outside(scene) {
    const linked = scene.link === "fresh" || scene.link === "aging";
    mark("cable", "flow", linked);
    mark("cable", "cut", !linked);
    mark("break-cable", "seen", !linked);
    mark("uplink", "flow", scene.net);
    mark("uplink", "cut", !scene.net);
    mark("break-net", "seen", !scene.net);
    mark("plug", "out", !scene.mains);
    say("mains-word", scene.mains ? "mains" : "unplugged");
    part("charge").setAttribute("width", String(Math.max(scene.battery, 3) * 0.8));
    mark("charge", "low", scene.battery < 20);
    say("battery-word", `battery ${scene.battery} %`);
  }

  function describe(scene) {
    const cupWords = scene.cup ? `cup in place with ${scene.cupPieces} ${scene.cupPieces === 1 ? "piece" : "pieces"}` : "cup taken";
    const words = `Compartment ${scene.exposed} over the hole, gate ${scene.gate ? "open" : "closed"}, ${cupWords}, ` +
      `lamp ${scene.lamp}, door ${scene.door ? "open" : "closed"}, ${scene.mains ? "on mains" : "on battery"}.`;
    say("state", words);
  }

  document.addEventListener("scene", (event) => {
    const scene = event.detail;
    const dropped = last ? Math.max(scene.drops - last.drops, 0) : 0;
    if (!last) { // the first picture stands still
      ticks = scene.ticks;
      part("tray").style.transition = "none";
      requestAnimationFrame(() => requestAnimationFrame(() => { part("tray").style.transition = ""; }));
    }
    last = scene;
    turn(scene);
    fill(scene);
    front(scene);
    if (dropped) fall(dropped);
    cup(scene, dropped);
    outside(scene);
    describe(scene);
  });

  part("button").addEventListener("click", () =>
    document.dispatchEvent(new CustomEvent("hand", { detail: "press" })));
})();
