import { expect, test } from "@jest/globals";
import { describeLinux } from "../../../src/broker/install/system.ts";

test.each([
  ['PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian', "debian", "Debian GNU/Linux 12 (bookworm)", "docker run"],
  ['NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"', "debian", "Linux Mint", "docker run"],
  ['NAME="Fedora Linux"\nID=fedora', "other", "Fedora Linux", "type `sudo dnf install valkey`"],
  [
    'NAME="Rocky Linux"\nID="rocky"\nID_LIKE="rhel centos fedora"',
    "other",
    "Rocky Linux",
    "type `sudo dnf install redis`",
  ],
  ["ID=alpine", "other", process.platform, "type `sudo apk add redis`"],
  ["", "other", process.platform, "docker run"],
])("the system of %j is known", (osRelease, kind, name, advice) => {
  expect(describeLinux(osRelease)).toMatchObject({ kind, name, advice: expect.stringContaining(advice) });
});
