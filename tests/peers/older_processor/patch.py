"""Copies a program or library and puts an undefined instruction of the same length, 0f 0a, in the place of each CPUID.

    patch.py FROM TO
"""
import re
import shutil
import subprocess
import sys


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main():
    source, target = sys.argv[1:]
    # Lines such as "14 .text 0012ab 00000000000a1000 00000000000a1000 000a0000 2**4": size, address, address, offset in the file.
    header = re.compile(r"^\s*\d+ (\S+)\s+([0-9a-f]+)\s+([0-9a-f]+)\s+[0-9a-f]+\s+([0-9a-f]+)\s", re.MULTILINE)
    sections = [(int(size, 16), int(start, 16), int(at, 16)) for _, size, start, at in header.findall(output("objdump", "-h", source))]
    listing = subprocess.Popen(["objdump", "-d", "--no-show-raw-insn", source], stdout=subprocess.PIPE, text=True)
    instruction = re.compile(r"^\s*([0-9a-f]+):\s+cpuid\b")
    places = [int(match.group(1), 16) for match in map(instruction.match, listing.stdout) if match]
    shutil.copy2(source, target)
    with open(target, "r+b") as file:
        for place in places:
            offset = next(at + place - start for size, start, at in sections if start <= place < start + size)
            file.seek(offset)
            if file.read(2) != b"\x0f\xa2":
                sys.exit(f"{source}: no CPUID at {place:x}")
            file.seek(offset)
            file.write(b"\x0f\x0a")
    print(f"{target}: {len(places)} CPUID instructions replaced", file=sys.stderr)


main()
