{ printf 'x-deep: '; head -c 100000 /dev/zero | tr '\0' '['; } > "$1"
