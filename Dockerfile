# A worker as a container: docker build -t leadrelay . && docker run -v ./project:/project leadrelay
FROM python:3.11-slim AS build
WORKDIR /source
COPY pyproject.toml constraints.txt README.md LICENSE config.example.toml ./
COPY connector connector
COPY jobs jobs
COPY mappings mappings
RUN python -m venv /leadrelay \
    && /leadrelay/bin/pip install --no-cache-dir --constraint constraints.txt . \
    && /leadrelay/bin/pip uninstall --yes setuptools pip

FROM python:3.11-slim
COPY --from=build /leadrelay /leadrelay
RUN useradd --uid 10001 --no-create-home leadrelay && install -d -o leadrelay /project
ENV PATH=/leadrelay/bin:$PATH PYTHONUNBUFFERED=1 LEADRELAY_CONFIG=/project/config.toml
WORKDIR /project
USER 10001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=20s --start-period=60s CMD ["leadrelay", "health", "--worker"]
ENTRYPOINT ["leadrelay"]
CMD ["work", "--json"]
