# integrad with a compiler and an emulator:  docker build -t integrad .  &&  docker run --rm integrad demo
# To keep the files that it writes:          docker run --rm -v "$PWD:/data" integrad demo
# To test firmware (docs/ci.md):             docker run --rm -v "$PWD:/data" --entrypoint pytest integrad
FROM debian:trixie-slim

RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        gcc gcc-arm-none-eabi libc6-dev libnewlib-arm-none-eabi python3 python3-venv qemu-system-arm \
    && rm -rf /var/lib/apt/lists/*

COPY . /usr/src/integrad
RUN python3 -m venv /opt/integrad \
    && /opt/integrad/bin/pip install --no-cache-dir "/usr/src/integrad[plots,pytest]" \
    && rm -r /usr/src/integrad

ENV PATH=/opt/integrad/bin:$PATH
# A cache folder that is writable for any user (docker run --user).
ENV XDG_CACHE_HOME=/tmp/cache
WORKDIR /data
ENTRYPOINT ["integrad"]
CMD ["--help"]
