printf 'estate: devday\ncloud: lo\0cal\n' > "$1"
