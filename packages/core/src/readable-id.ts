/**
 * Ids of runs that people can say and type: `brisk-otter-41c7`. One rule: such an id follows from the run's key alone, so
 * nothing is stored for it; a word list never changes, or old ids would change with it.
 */
import type { RunKey } from "./ids.ts";

const ADJECTIVES = words(`
  able agile airy amber apt azure bold brave breezy bright brisk bronze calm candid casual cheery civil clean clear clever
  cobalt cool copper coral cosmic cosy crisp curious dapper daring deft dewy direct eager early easy elder epic exact fair
  famed fancy fast fine firm fleet fluent fond frank free fresh gentle glad golden grand green happy hardy hasty hazel
  honest humble ideal indigo ivory jade jolly jovial keen kind large late light lilac lively local loyal lucid lucky lunar
  magic maple mellow merry mild minty misty modest mossy neat new nimble noble novel olive open pearl placid plain plucky
  polar polite prime proud quick quiet rapid ready ruby rustic sage sandy sharp shiny silent silver smart snowy solar
  solid spry steady sunny swift tame tidy trim vivid
`);
const ANIMALS = words(`
  alpaca ant antler ape badger bat bear beaver bee beetle bison boar bobcat buffalo camel carp cat cheetah civet cobra cod
  condor coral corgi cougar coyote crab crane cricket crow deer dingo dolphin donkey dove dragon duck eagle eel egret elk
  emu ermine falcon ferret finch fox frog gecko gibbon goat goose gopher grouse gull hare hawk heron hippo hornet horse
  husky ibex ibis iguana impala jackal jaguar jay kestrel kiwi koala lark lemur leopard lion lizard llama lobster lynx
  magpie mammoth marlin marmot marten mole moose moth mouse newt okapi orca oriole osprey otter owl ox panda parrot
  pelican penguin pigeon pony puffin puma quail rabbit raccoon ram raven robin salmon seal shark sheep shrew skunk sloth
  snail sparrow squid stork swan tapir tern tiger toad trout
`);

/** Gives the id by which people call a run. Two runs may share one; among 10,000 some two do in one case of twenty. */
export function readableId(runKey: RunKey): string {
  const hash = hashOf(runKey);
  const digits = (hash & 0xffff).toString(16).padStart(4, "0");
  return `${ADJECTIVES[(hash >>> 23) & 127]}-${ANIMALS[(hash >>> 16) & 127]}-${digits}`;
}

/** FNV-1a with the last step of MurmurHash3: keys of one millisecond differ in a few bits, and get other words all the same. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
