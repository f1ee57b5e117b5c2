# runs: plan, apply --yes
printf 'hunter2\n' > secret.txt; chmod 644 secret.txt
cat > "$1" <<'END'
estate: devday
cloud: local
accounts:
  main:
    subscription: 10ca1000-0000-4000-8000-000000000002
    tenant: 10ca1000-0000-4000-8000-000000000001
    location: eastus
    group: ml-rg
    credential: {client: 10ca1000-0000-4000-8000-000000000009, secret_file: secret.txt}
END
