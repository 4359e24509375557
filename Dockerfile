# syntax=docker/dockerfile:1
# docker build -t aggregator . ; see docs/operating.md
FROM python:3.13-slim AS build
WORKDIR /src
RUN python -m venv /opt/aggregator
ENV PATH=/opt/aggregator/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_COMPILE=1
COPY requirements.txt .
RUN pip install --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE config.toml ./
COPY aggregator aggregator
COPY migrations migrations
COPY seeds seeds
RUN pip install --no-deps . && pip uninstall --yes pip

FROM python:3.13-slim
COPY --from=build /opt/aggregator /opt/aggregator
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /var/lib/aggregator aggregator \
 && install -d -o aggregator -g aggregator -m 750 /var/lib/aggregator \
 && install -d /etc/aggregator
ENV PATH=/opt/aggregator/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    STATE_DIRECTORY=/var/lib/aggregator \
    AGGREGATOR_SERVE_HOST=0.0.0.0 \
    AGGREGATOR_SERVE_PORT=8765
USER 10001:10001
WORKDIR /var/lib/aggregator
VOLUME /var/lib/aggregator
EXPOSE 8765
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=2m --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8765/readyz', timeout=4)"]
ENTRYPOINT ["aggregator"]
CMD ["run"]
